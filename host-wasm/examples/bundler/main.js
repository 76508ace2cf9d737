// The page: hands a file to the worker and shows what it says. `?log=URL` takes a log from there instead.
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const output = document.querySelector("pre");

worker.onmessage = ({ data }) => {
  output.textContent = data.text;
  output.dataset.state = data.state;
};

document.querySelector("input").onchange = ({ target }) => worker.postMessage(target.files[0]);

const url = new URLSearchParams(location.search).get("log");
if (url) {
  const answer = await fetch(url);
  worker.postMessage(new File([await answer.blob()], url));
}

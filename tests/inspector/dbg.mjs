import { choose, launch, openPage, whole } from './lib/browser.mjs'
import { serve } from './lib/server.mjs'
const s=await serve(), b=await launch(); const {page,failed}=await openPage(b,s.url,{colorScheme:'dark'})
await choose(page,process.argv[2]); await whole(page)
await page.waitForTimeout(1500)
await page.screenshot({path:'/tmp/shots/b1.png'})
await page.keyboard.press('b'); await page.waitForTimeout(500)
await page.mouse.move(700,500)
for(let i=0;i<60;i++){await page.mouse.wheel(0,-173);await page.waitForTimeout(16)}
await page.waitForTimeout(500)
await page.screenshot({path:'/tmp/shots/b2.png'})
console.log(await page.evaluate(()=>{const l=document.querySelector('.centre .list');return [l.scrollTop,l.scrollHeight,[...l.querySelectorAll('.slot')].map(x=>x.ariaPosInSet).join()]}))
await page.evaluate(()=>{const l=document.querySelector('.centre .list');l.scrollTop=l.scrollHeight*0.4})
await page.waitForTimeout(500)
await page.screenshot({path:'/tmp/shots/b3.png'})
console.log(await page.evaluate(()=>{const l=document.querySelector('.centre .list');return [l.scrollTop/l.scrollHeight,[...l.querySelectorAll('.slot')].map(x=>x.ariaPosInSet).join()]}))
console.log(failed)
await b.close(); s.close()

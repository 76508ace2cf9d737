import { choose, launch, openPage, whole } from './lib/browser.mjs'
import { serve } from './lib/server.mjs'
const s=await serve(), b=await launch(); const {page,failed}=await openPage(b,s.url,{colorScheme:process.argv[3]??'light'})
page.on('console',m=>console.log(m.text()))
await choose(page,process.argv[2].split(','))
await page.waitForTimeout(3000)
console.log((await page.locator('body').innerText()).slice(0,600))
await page.screenshot({path:'/tmp/shots/d.png'})
console.log(failed)
await b.close(); s.close()

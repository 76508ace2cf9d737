import { launch, openPage, whole, choose } from './lib/browser.mjs'
import { serve } from './lib/server.mjs'
const s=await serve(), b=await launch(); const {page,failed}=await openPage(b,s.url,{colorScheme:'light'})
await page.locator('#folder').setInputFiles('/work/shared/fixtures/jcode/sessions')
await page.waitForTimeout(3000)
await page.screenshot({path:'/tmp/shots/c1.png'})
await page.locator('.session').nth(2).click(); await whole(page); await page.waitForTimeout(800)
await page.keyboard.press('g');await page.waitForTimeout(800)
await page.screenshot({path:'/tmp/shots/c2.png'})
const two=await openPage(b,s.url,{colorScheme:'dark'})
await choose(two.page,'/work/shared/fixtures/pi/large-session.jsonl'); await whole(two.page); await two.page.waitForTimeout(1500)
await two.page.screenshot({path:'/tmp/shots/c3.png'})
console.log(failed,two.failed)
await b.close(); s.close()

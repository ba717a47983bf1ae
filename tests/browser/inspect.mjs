// node inspect.mjs PAGE.html STEP.json [PICTURES]: opens the page of `nativetrain inspect` in headless Chromium, from disk and without a network, and uses it
// as a reader does: looks, searches, walks by the keys, opens nodes. Prints what is wrong and ends with 1, or the seconds that it took to open:
// by the clock, and of the processor's time, which does not depend on what else the machine does.
// PICTURES is a folder for screenshots.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';

const [page, json, pictures] = process.argv.slice(2);
const step = JSON.parse(readFileSync(json, 'utf8'));
const faults = [];
const check = (holds, what) => { if (!holds) faults.push(what); };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const colorScheme of ['light', 'dark']) await visit(await browser.newPage({ viewport: { width: 1360, height: 900 }, colorScheme, offline: true }), colorScheme);
await browser.close();
if (faults.length) {
  console.error(faults.join('\n'));
  process.exit(1);
}

async function visit(tab, scheme) {
  tab.on('console', m => { if (['error', 'warning'].includes(m.type())) faults.push(`${scheme}: console: ${m.text()}`); });
  tab.on('pageerror', e => faults.push(`${scheme}: ${e.message}`));
  tab.on('request', r => { if (!/^(file|data):/.test(r.url())) faults.push(`${scheme}: asks for ${r.url()}`); });
  const session = await tab.context().newCDPSession(tab);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await tab.goto('file://' + resolve(page));
  await tab.waitForSelector('.findings li');
  const worked = (await session.send('Performance.getMetrics')).metrics.find(m => m.name === 'ThreadTime').value;
  if (pictures) await tab.screenshot({ path: `${pictures}/inspect-${scheme}.png` });

  // The overview says what the document says.
  check(await tab.locator('.findings li').count() === step.findings.length, 'a finding is missing');
  for (const [i, f] of step.findings.entries()) check((await tab.locator('.findings p').nth(i).textContent()).includes(f.text), `finding ${i} reads otherwise`);
  const tiles = await tab.locator('.tile').allTextContents();
  const loss = step.loss.reduce((sum, l) => sum + l.value, 0);
  check(tiles.some(t => t.startsWith('Loss') && Math.abs(Number(t.slice(4)) / loss - 1) < 0.01), `the loss on the page is not ${loss}`);
  check(tiles.some(t => t.startsWith('Parameters') && t.includes(step.about.parameters.toLocaleString('en'))), 'the parameters read otherwise');

  // Every layer has its row in the graph and its times in the table, and they are the document's.
  check(await tab.locator('#canvas .row.layer').count() === step.layers.length, 'a layer has no row');
  const slowest = [...step.layers].sort((a, b) => b.forward + b.backward - a.forward - a.backward)[0];
  const first = await tab.locator('.layers tbody tr').first().locator('th, td').allTextContents();
  check(first[0].startsWith(slowest.name), `the table does not begin with ${slowest.name}`);
  check(near(first[2], slowest.forward) && near(first[3], slowest.backward), `the times of ${slowest.name} read ${first[2]} and ${first[3]}`);

  // Search finds a layer; the drawer shows it, Escape closes it, and the focus is back.
  await tab.keyboard.press('/');
  await tab.keyboard.type('model.10');
  check((await tab.locator('#found button').first().textContent()).startsWith('model.10 '), 'the search does not find model.10');
  await tab.keyboard.press('Enter');
  check((await tab.locator('#drawer h2').textContent()).startsWith('model.10'), 'the search does not open model.10');
  await tab.keyboard.press('Escape');
  check(await tab.locator('#drawer').isHidden(), 'Escape does not close the drawer');

  // By the keys alone: from the layer to its first op, which opens with its numbers, its reasons and both kernels.
  await tab.locator('#canvas').focus();
  await tab.keyboard.press('ArrowDown');
  await tab.keyboard.press('ArrowRight');
  await tab.keyboard.press('Enter');
  const node = step.nodes.find(n => step.layers[n.layer].name === 'model.10' && n.parameters.length);
  check(await tab.locator('#drawer h2').textContent() === node.name, `the keys do not open ${node.name}`);
  const launches = await tab.locator('#drawer table').first().locator('tbody tr').allTextContents();
  check(launches.length === node.forward.length + node.backward.length && launches.every((t, i) => t.startsWith([...node.forward, ...node.backward][i].pass)), 'its launches read otherwise');
  for (const saved of node.saved) check((await tab.locator('#drawer .saved').textContent()).includes(saved.why), `it does not say why ${saved.name} is kept`);
  check(await tab.locator('#drawer .histogram').count() === 2 && await tab.locator('#drawer canvas').count() > 0, 'its numbers are not drawn');
  const back = node.backward[0];
  check(await tab.locator('#drawer pre').nth(0).textContent() === step.sources[back.cpu[0]] && await tab.locator('#drawer pre').nth(1).textContent() === step.sources[back.cuda[0]], 'the kernels are not those of its pass');
  check((await tab.locator('#drawer .beside').textContent()).includes(step.formulas[node.op].backward[0]), 'its gradient is not beside its kernels');
  if (pictures) await tab.screenshot({ path: `${pictures}/inspect-node-${scheme}.png` });
  await tab.keyboard.press('Escape');

  // Every node opens.
  const unopened = await tab.evaluate(() => graph.step.nodes.filter(n => { showNode(n, 'backward'); return drawer.querySelector('h2').textContent !== n.name; }).map(n => n.name));
  check(unopened.length === 0, `these do not open: ${unopened.join(', ')}`);
  await tab.keyboard.press('Escape');

  // Zooming changes the scene's scale, and Fit brings it back.
  const scale = () => tab.evaluate(() => graph.zoom);
  await tab.getByRole('button', { name: 'Close all' }).click();
  const before = await scale();
  await tab.getByRole('button', { name: 'Zoom in' }).click();
  check(await scale() > before, 'it does not zoom');
  await tab.getByRole('button', { name: 'Fit' }).click();
  check(await scale() === before, 'it does not fit again');

  // The next step closes what is shown of this one; gradients that overflowed half precision have no place on a logarithmic axis, and are the hottest.
  const overflowed = structuredClone(step), lost = overflowed.layers.filter(l => l.gradNorm !== null);
  overflowed.about.step++;
  overflowed.totals.gradNorm = null;
  lost.forEach((l, i) => Object.assign(l, { gradNorm: ['Infinity', 'NaN', l.gradNorm][i % 3], updateRatio: null, flag: i % 3 < 2 ? 'not finite' : '' }));
  const finite = lost.filter(l => l.flag === '').length;
  await within(10, 'a step that overflowed', tab.evaluate(next => {
    showNode(graph.step.nodes[1], 'forward');
    document.getElementById('colour').value = 'gradient';
    show(next);
  }, overflowed));
  check(await tab.locator('#drawer').isHidden(), 'the drawer still shows the step before');
  check((await tab.title()).includes(`step ${overflowed.about.step} `), 'the title is of the step before');
  check(await tab.locator('#gradients .dot').count() === finite, `${finite} layers have a norm, and others a dot`);
  const heats = await tab.locator('#canvas .row.layer .heat').evaluateAll(boxes => boxes.map(b => b.getAttribute('style')));
  check(heats.every(h => /^--heat:[01]\.[0-9]{3}$/.test(h)), `a layer is coloured by no number: ${heats.find(h => !/^--heat:[01]\.[0-9]{3}$/.test(h))}`);
  const opened = await tab.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd / 1000);
  console.log(`${scheme}: opened in ${opened.toFixed(2)} s, of which the page's thread worked ${worked.toFixed(2)} s`);
}

/** Waits so many seconds at most: an endless loop in the page would hold up everything. */
function within(seconds, what, done) {
  const late = setTimeout(() => {
    console.error(`${what}: no end after ${seconds} s`);
    process.exit(1);
  }, seconds * 1e3);
  return done.finally(() => clearTimeout(late));
}

/** Whether a text such as "12.3 ms" is these seconds, as far as its digits go. */
function near(text, seconds) {
  const ms = parseFloat(text);
  return Math.abs(ms - seconds * 1e3) <= Math.max(0.005, 0.006 * seconds * 1e3);
}

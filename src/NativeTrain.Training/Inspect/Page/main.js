// Draws the page from the document in it.

let shown = null;

function show(step) {
  const before = shown;
  shown = graph.step = step;
  document.title = `${step.about.model}, step ${step.about.step} - NativeTrain`;
  showOverview(step, before);
  drawGraph();
  if (!before) fit();
  showTime(step, before);
  showMemory(step);
  showGradients(step, before);
  showPictures(step, before);
  closeDrawer(); // its numbers are of the step before
}

document.addEventListener('keydown', e => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (e.key === 'Escape') closeDrawer();
  if (e.key !== '/' || typing) return;
  e.preventDefault();
  document.getElementById('search').focus();
});
listen();
listenSearch();
listenNext(show);
show(JSON.parse(document.getElementById('step').textContent));

// Small charts: axes with round ticks, linear or logarithmic.

/** A scale from values to pixels, with its ticks. */
function axis(low, high, from, to, logarithmic) {
  if (logarithmic) {
    const a = Math.floor(Math.log10(low)), b = Math.max(a + 1, Math.ceil(Math.log10(high))), every = Math.ceil((b - a) / 6);
    const ticks = [];
    for (let e = a; e <= b; e += every) ticks.push(10 ** e);
    return { at: v => from + (Math.log10(v) - a) / (b - a) * (to - from), ticks, low: 10 ** a, high: 10 ** b };
  }
  const span = high - low || 1, unit = 10 ** Math.floor(Math.log10(span / 4)), step = [1, 2, 5, 10].find(k => span / (k * unit) <= 5) * unit;
  const ticks = [];
  for (let t = Math.ceil(low / step) * step; t <= high + step / 1e6; t += step) ticks.push(t);
  return { at: v => from + (v - low) / span * (to - from), ticks, low, high };
}

/** An empty chart with its grid: {svg, x, y}. */
function frame(title, width, height, x, y, xText, yText) {
  const svg = draw('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title });
  for (const t of y.ticks) svg.append(draw('line', { class: 'grid', x1: 56, x2: width - 10, y1: y.at(t), y2: y.at(t) }), draw('text', { class: 'tick', x: 50, y: y.at(t) + 4, 'text-anchor': 'end' }, yText(t)));
  for (const t of x.ticks) svg.append(draw('text', { class: 'tick', x: x.at(t), y: height - 6, 'text-anchor': 'middle' }, xText(t)));
  return svg;
}

const power = v => { const e = Math.round(Math.log10(v)); return e === 0 ? '1' : '1e' + e; };

/** The histogram of a tensor's numbers, heights in logarithms. */
function histogram(values, kind) {
  const w = 300, h = 96, most = Math.log1p(Math.max(...values.counts)), bar = w / values.counts.length;
  const svg = draw('svg', { class: 'histogram', viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': `Histogram of the ${kind}` });
  values.counts.forEach((n, i) => {
    const tall = n ? Math.max(1, Math.log1p(n) / most * (h - 18)) : 0;
    svg.append(draw('rect', { class: kind === 'gradient' ? 'f2' : 'f1', x: i * bar, y: h - 16 - tall, width: Math.max(bar - 1, 1), height: tall }, draw('title', {}, count(n))));
  });
  svg.append(draw('text', { class: 'tick', x: 0, y: h - 2 }, short(values.min)), draw('text', { class: 'tick', x: w, y: h - 2, 'text-anchor': 'end' }, short(values.max)));
  const zero = -number(values.min) / (number(values.max) - number(values.min)) * w;
  if (zero > 30 && zero < w - 40) svg.append(draw('line', { class: 'zero', x1: zero, x2: zero, y1: 0, y2: h - 16 }), draw('text', { class: 'tick', x: zero, y: h - 2, 'text-anchor': 'middle' }, '0'));
  return svg;
}

/** Channels of a map on a canvas: activations from dark to light, gradients blue below 0 and red above. */
function maps(view, signed) {
  const bytes = atob(view.pixels), area = view.height * view.width;
  return element('div', { class: 'maps' }, view.channels.map((channel, c) => {
    const canvas = element('canvas', { width: view.width, height: view.height, role: 'img', 'aria-label': `channel ${channel}` });
    const context = canvas.getContext('2d'), image = context.createImageData(view.width, view.height);
    for (let i = 0; i < area; i++) {
      const v = bytes.charCodeAt(c * area + i) / 255, [r, g, b] = signed ? diverging(v) : rising(v);
      image.data.set([r, g, b, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    return element('figure', {}, canvas, element('figcaption', {}, String(channel)));
  }));
}

/** Dark blue over teal to yellow. */
function rising(v) {
  const stops = [[24, 20, 62], [38, 82, 122], [42, 140, 130], [130, 196, 96], [250, 232, 110]], at = v * (stops.length - 1), i = Math.min(stops.length - 2, Math.floor(at));
  return stops[i].map((s, k) => s + (stops[i + 1][k] - s) * (at - i));
}

/** Blue, grey at 0, red. */
function diverging(v) {
  const [end, t] = v < 0.5 ? [[40, 96, 210], 1 - 2 * v] : [[206, 52, 40], 2 * v - 1];
  return end.map(e => 238 + (e - 238) * Math.min(1, Math.sqrt(t)));
}

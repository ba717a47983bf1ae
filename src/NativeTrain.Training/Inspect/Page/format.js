// Numbers as people read them, and elements.
'use strict';
const number = v => typeof v === 'string' ? Number(v.replace('Infinity', '1e999')) : v;

/** Whether a logarithmic axis has a place for it: norms that overflowed are infinite or no number. */
const positive = v => Number.isFinite(v) && v > 0;

function short(v) {
  v = number(v);
  if (v === null || v === undefined) return '';
  if (!Number.isFinite(v)) return String(v);
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return v.toExponential(2).replace('-', '−').replace('e+', 'e');
  return String(Number(v.toPrecision(3)));
}

const ms = seconds => seconds * 1e3 >= 100 ? (seconds * 1e3).toFixed(0) + ' ms' : seconds * 1e3 >= 10 ? (seconds * 1e3).toFixed(1) + ' ms' : (seconds * 1e3).toFixed(2) + ' ms';
const percent = part => (part * 100).toFixed(part < 0.0995 ? 1 : 0) + ' %';
const size = bytes => bytes >= 2 ** 30 ? (bytes / 2 ** 30).toFixed(2) + ' GiB' : bytes >= 2 ** 20 ? (bytes / 2 ** 20).toFixed(1) + ' MiB' : bytes >= 1024 ? (bytes / 1024).toFixed(1) + ' KiB' : bytes + ' B';
const flops = n => n >= 1e9 ? (n / 1e9).toFixed(n >= 1e10 ? 1 : 2) + ' GFLOP' : n >= 1e6 ? (n / 1e6).toFixed(1) + ' MFLOP' : n > 0 ? n + ' FLOP' : '–';
const dims = shape => shape.replace(/[[\]]/g, '').split(', ').join(' × ');
const count = n => n.toLocaleString('en');

/** An HTML element: element('p', {class: 'note'}, 'text', child…). */
function element(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same in SVG. */
function draw(name, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(e, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) e.setAttribute(key, value);
  }
  e.append(...children.flat().filter(c => c !== null && c !== undefined));
  return e;
}

/** A table of rows of texts or elements; columns whose heading begins with a space are numbers. */
function table(headings, rows, attributes) {
  const cell = (value, i, tag) => element(tag, { class: headings[i].startsWith(' ') ? 'n' : null }, value);
  return element('div', { class: 'scroll card' }, element('table', attributes || {},
    element('thead', {}, element('tr', {}, headings.map((h, i) => cell(h.trim(), i, 'th')))),
    element('tbody', {}, rows.map(row => element('tr', {}, row.map((value, i) => cell(value, i, i === 0 ? 'th' : 'td')))))));
}

/** A number with a bar of its share under it. */
const barred = (text, share) => element('span', { class: 'barred', style: `--share:${Math.max(0, Math.min(1, share || 0))}` }, text);

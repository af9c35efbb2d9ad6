// Style and script of the page that shows a dataset. Without the script the page is whole, the most
// suspicious volumes first.
#pragma once

namespace gvsl::cli::dataset {

inline constexpr char kReportStyle[] = R"(
:root{color-scheme:light dark;--ink:#1d2329;--soft:#5b6672;--line:#dde2e7;--page:#f5f6f8;--card:#fff;
--accent:#2c6fbb;--alarm:#b3261e;--alarm-soft:#fdeceb}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b1;--line:#343b43;--page:#14171a;
--card:#1d2226;--accent:#79b0ee;--alarm:#ff8a80;--alarm-soft:#3a211f}}
*{box-sizing:border-box}
body{font:14px/1.45 system-ui,sans-serif;margin:0 auto;max-width:90rem;padding:1.2rem;color:var(--ink);
background:var(--page);display:flex;flex-direction:column;gap:1.2rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:0 0 .6rem}
h3{font:600 .85rem ui-monospace,monospace;margin:.4rem 0 .1rem}
code{font:.82rem ui-monospace,monospace;overflow-wrap:anywhere}
p{margin:.2rem 0}.note,.source,dt,th{color:var(--soft)}
section,header{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem}
section.volumes{background:none;border:0;padding:0}
dl{display:flex;flex-wrap:wrap;gap:.6rem 2rem;margin:.8rem 0 0}dt{font-size:.8rem}
dd{margin:0;font-size:1.25rem;font-weight:600}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .8rem .3rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:500}tr:last-child td{border-bottom:0}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr));gap:1rem}
svg.bars{display:block;width:100%;height:5rem;fill:var(--accent)}
.ends{display:flex;justify-content:space-between;font-size:.75rem;color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:.8rem}
article{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.6rem;
content-visibility:auto;contain-intrinsic-size:auto 17rem;overflow-wrap:anywhere;font-size:.85rem}
article[hidden]{display:none}
article.flagged{border-color:var(--alarm)}
article img,.broken{display:block;width:100%;height:auto;aspect-ratio:3;background:#000;border-radius:4px}
.broken{display:grid;place-items:center;color:#ff8a80;font-weight:600;letter-spacing:.1em}
article svg.bars{height:1.6rem;margin-top:.2rem}
article ul{list-style:none;margin:.2rem 0;padding:0}
article li{color:var(--soft)}article li.flag{color:var(--alarm)}
.source code{font-size:.72rem}
.alarm{order:-1;background:var(--alarm-soft);border-color:var(--alarm);color:var(--alarm)}
.tools{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.6rem 0;position:sticky;top:0;
background:var(--page);padding:.5rem 0;z-index:1}
.tools[hidden]{display:none}
.tools button,.tools select,.tools input{font:inherit;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:1rem;padding:.2rem .7rem}
.tools button[aria-pressed=true]{background:var(--accent);border-color:var(--accent);color:var(--card)}
@media(max-width:40rem){.tools{position:static}
tr:has(th),td:empty{display:none}tr,td{display:block}td{border:0;padding:0}
tr{padding:.4rem 0;border-bottom:1px solid var(--line)}td:first-child{font-weight:600}
td[data-name]::before{content:attr(data-name) ': ';color:var(--soft)}}
@media print{.tools{display:none}article{break-inside:avoid}}
)";

inline constexpr char kReportScript[] = R"(
(() => {
const cards = [...document.querySelectorAll('article')];
const tools = document.querySelector('.tools'), shown = document.querySelector('.shown');
const sort = tools.querySelector('select'), search = tools.querySelector('input');
const rank = new Map(cards.map(card => [card, +card.style.order]));
const chosen = new Set(), counts = new Map();
for (const card of cards) {
  card.codes = card.dataset.codes.split(' ').filter(Boolean);
  for (const code of new Set(card.codes)) counts.set(code, (counts.get(code) || 0) + 1);
}
const keys = {
  suspicion: card => rank.get(card), number: card => +card.dataset.number,
  smallest: card => +card.dataset.voxels, largest: card => -card.dataset.voxels,
  subject: card => +card.dataset.subject};
function update() {
  const word = search.value.trim().toLowerCase(), key = keys[sort.value];
  [...cards].sort((a, b) => key(a) - key(b) || rank.get(a) - rank.get(b))
    .forEach((card, place) => { card.style.order = place; });
  let count = 0;
  for (const card of cards) {
    const fits = (!chosen.size || card.codes.some(code => chosen.has(code))) &&
      (!word || card.textContent.toLowerCase().includes(word));
    card.hidden = !fits;
    count += fits;
  }
  shown.textContent = count + ' of ' + cards.length + ' shown';
}
for (const [code, count] of [...counts].sort((a, b) => b[1] - a[1])) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = code + ' ' + count;
  button.setAttribute('aria-pressed', 'false');
  button.addEventListener('click', () => {
    chosen.has(code) ? chosen.delete(code) : chosen.add(code);
    button.setAttribute('aria-pressed', chosen.has(code));
    update();
  });
  tools.insertBefore(button, shown);
}
sort.addEventListener('change', update);
search.addEventListener('input', update);
tools.hidden = false;
update();
})();
)";

}  // namespace gvsl::cli::dataset

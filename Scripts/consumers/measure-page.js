// Runs in a page, at the end of its body, and sends the page around it what it has measured, as JSON:
// whether something sticks out at the sides, and how well text stands out.
document.querySelectorAll("details").forEach((details) => { details.open = true; });

// A colour as numbers from 0 to 255, and its opacity.
function parts(color) {
  const numbers = (color.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
}

// WCAG 2.2, relative luminance.
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function background(element) {
  for (let at = element; at; at = at.parentElement) {
    const color = parts(getComputedStyle(at).backgroundColor);
    if (color.alpha === 1) return color.rgb;
  }
  return [255, 255, 255];
}

const width = document.documentElement.clientWidth;
const outside = [];
let worst = { ratio: 21, text: "" };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode.textContent.trim();
  const element = walker.currentNode.parentElement;
  if (!text || element.closest("script, svg title, svg desc")) continue;
  if (!element.checkVisibility()) continue;
  const isDrawn = element instanceof SVGElement;
  const box = element.getBoundingClientRect();
  if (!element.closest(".scroll") && (box.left < -0.5 || box.right > width + 0.5)) {
    outside.push(text);
  }
  const style = getComputedStyle(element);
  const front = luminance(parts(isDrawn ? style.fill : style.color).rgb);
  const back = luminance(background(element));
  const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  if (ratio < worst.ratio) worst = { ratio, text };
}
const drawings = [...document.querySelectorAll("figure > svg")].map(
  (svg) => Math.round(svg.getBoundingClientRect().width));
const brokenLinks = [...document.querySelectorAll("nav a")].filter((link) => {
  const range = document.createRange();
  range.selectNodeContents(link);
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
}).map((link) => link.textContent);
parent.postMessage(JSON.stringify({
  width,
  scrollWidth: document.documentElement.scrollWidth,
  outside: outside.slice(0, 10),
  contrast: worst.ratio,
  contrastText: worst.text,
  drawings,
  brokenLinks,
  backgroundLuminance: luminance(background(document.body)),
}), "*");

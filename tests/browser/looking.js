/* What somebody would stumble over on the page as it stands, a sentence each: called by the tests that look at every page. */
() => {
  const told = [];
  const shown = (part) => {
    const box = part.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && part.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const named = (part) => part.getAttribute("aria-label") || part.getAttribute("aria-labelledby") || part.title;

  const count = new Map();
  for (const part of document.querySelectorAll("[id]:not(svg [id])")) count.set(part.id, (count.get(part.id) || 0) + 1);
  for (const [id, times] of count) if (times > 1) told.push(`the id ${id} stands ${times} times`);

  if (document.querySelectorAll("h1").length !== 1) told.push("a page has one h1");

  for (const part of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (shown(part) && !part.labels?.length && !named(part)) told.push(`nothing says what ${part.name || part.id} is`);

  for (const part of document.querySelectorAll("button, a[href]"))
    if (shown(part) && !part.hasAttribute("aria-hidden") && !part.textContent.trim() && !named(part) && !part.querySelector("img[alt]:not([alt=''])"))
      told.push(`a button without a name: ${part.outerHTML.slice(0, 100)}`);

  /* WCAG 2.2, 1.4.3: 4.5 : 1, large text 3 : 1. Colours are read from a canvas: they may be written in any way. */
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return { rgb: [red, green, blue], alpha: alpha / 255 };
  };
  const over = (upper, lower, alpha) => upper.map((part, i) => part * alpha + lower[i] * (1 - alpha));
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (part) => {
    const layers = [];
    for (let at = part; at; at = at.parentElement) {
      const style = getComputedStyle(at), layer = colour(style.backgroundColor);
      if (style.backgroundImage !== "none") return null;
      if (layer.alpha) layers.unshift(layer);
      if (layer.alpha === 1) break;
    }
    return layers.reduce((below, layer) => over(layer.rgb, below, layer.alpha), [255, 255, 255]);
  };
  const seen = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent.trim(), part = texts.currentNode.parentElement;
    if (!words || !shown(part) || part.closest(":disabled, [aria-disabled=true], .zx-sr")) continue;
    const style = getComputedStyle(part), below = ground(part);
    const key = [part.className, style.color, below].join();
    if (!below || seen.has(key)) continue;
    seen.add(key);
    const ink = colour(style.color);
    let alpha = ink.alpha;
    for (let at = part; at; at = at.parentElement) alpha *= Number(getComputedStyle(at).opacity);
    const [low, high] = [light(over(ink.rgb, below, alpha)), light(below)].sort((one, other) => one - other);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) told.push(`“${words.slice(0, 20)}” hardly shows: ${ratio.toFixed(2)} : 1`);
  }
  return told;
}

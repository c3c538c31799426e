/** Runs in a page: what a reader would see go wrong, as lists that are empty where nothing does. */

globalThis.pageChecks = (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => element.outerHTML.slice(0, 120);

  const width = () => document.documentElement.scrollWidth;

  /** Elements whose box leaves the page to the right. Inside of a drawing that is meant. */
  const leavingThePage = () =>
    all('body *')
      .filter((element) => element.closest('svg') === null)
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
      .map(shown);

  const luminance = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).map((channel) => {
      const share = Number(channel) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  /** Texts with less than 4.5:1 to the paper: WCAG 2.2, AA. */
  const lowContrast = () => {
    const paper = luminance(getComputedStyle(document.body).backgroundColor);
    return all('body *').flatMap((element) => {
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
      if (!hasText || element.tagName === 'title' || element.getClientRects().length === 0) return [];
      const style = getComputedStyle(element);
      const text = luminance(element.closest('svg') === null ? style.color : style.fill);
      const ratio = (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
      return ratio < 4.5 ? [`${ratio.toFixed(2)} ${shown(element)}`] : [];
    });
  };

  /** Pairs of labels of one drawing that overlap. */
  const overlapping = () =>
    all('svg.chart').flatMap((svg) => {
      const boxes = all('text', svg)
        .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0);
      return boxes.flatMap(({ text, box }, nth) =>
        boxes.slice(nth + 1).flatMap((other) => {
          const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
          const along = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
          return across > 1 && along > 4 ? [`${text} / ${other.text}`] : [];
        }),
      );
    });

  const selectedText = () => {
    getSelection().selectAllChildren(document.body);
    return getSelection().toString();
  };

  const titles = () => all('h1, h2').map((title) => title.textContent);

  const danglingLinks = () =>
    all('a')
      .map((link) => link.getAttribute('href'))
      .filter((href) => document.querySelector(href) === null);

  /** Elements that load or run something, and attributes that do. */
  const activeElements = () =>
    all('*')
      .filter(
        (element) =>
          element.matches('script, iframe, img, object, embed, link, base, form, [style]') ||
          [...element.attributes].some(({ name }) => name.startsWith('on')),
      )
      .map(shown);

  const allText = () => document.body.textContent;

  return {
    ...{ width, leavingThePage, lowContrast, overlapping },
    ...{ selectedText, titles, danglingLinks, activeElements, allText },
  };
})();

/** Runs in a page: what a reader would see go wrong, as lists that are empty where nothing does. */

globalThis.pageChecks ??= (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => element.outerHTML.slice(0, 120);

  const width = () => document.documentElement.scrollWidth;

  /** Elements whose box leaves the page to the right. Inside of a drawing that is meant. */
  const leavingThePage = () =>
    all('body *')
      .filter((element) => element.closest('svg') === null)
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
      .map(shown);

  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);

  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  /** Of the nearest element around it that has one. `known`: what was found for others. */
  const backgroundOf = (element, known) => {
    if (known.has(element)) return known.get(element);
    const own = getComputedStyle(element).backgroundColor;
    const isClear = channels(own)[3] === 0 && element.parentElement !== null;
    const colour = isClear ? backgroundOf(element.parentElement, known) : own;
    known.set(element, colour);
    return colour;
  };

  const isText = (node) => node.nodeType === 3 && node.textContent.trim() !== '';

  /** Elements with a text that is on the page. */
  const texts = () =>
    all('body *').filter(
      (element) =>
        [...element.childNodes].some(isText) && element.tagName !== 'title' && element.getClientRects().length > 0,
    );

  /** Texts with less than 4.5:1 to what is behind them: WCAG 2.2, AA. */
  const lowContrast = () => {
    const known = new Map();
    return texts().flatMap((element) => {
      const style = getComputedStyle(element);
      const text = luminance(element instanceof SVGElement ? style.fill : style.color);
      const behind = luminance(backgroundOf(element, known));
      const ratio = (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
      return ratio < 4.5 ? [`${ratio.toFixed(2)} ${shown(element)}`] : [];
    });
  };

  const boxOfText = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return { text: node.textContent, box: range.getBoundingClientRect() };
  };

  /** Pairs of labels of one drawing, or of figures side by side, that overlap. */
  const overlapping = () =>
    all('svg.chart, .facts').flatMap((container) => {
      const boxes = all('text, dd > code, dt, dd:not(:has(code))', container)
        .map((element) => boxOfText(element.firstChild ?? element))
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

  /** Drawings that have no sentence with figures, and are not left out because the figures are beside them. */
  const silentDrawings = () =>
    all('svg')
      .filter((svg) => svg.parentElement.closest('svg') === null)
      .filter((svg) => svg.getAttribute('aria-hidden') !== 'true')
      .filter(
        (svg) =>
          svg.getAttribute('role') !== 'img' || !/\d|none late|at the head/.test(svg.getAttribute('aria-label') ?? ''),
      )
      .map(shown);

  const moving = () =>
    all('*')
      .filter((element) => {
        const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element);
        return animationName !== 'none' || transitionDuration !== '0s' || scrollBehavior !== 'auto';
      })
      .map(shown);

  const isSeen = (element) => element.getClientRects().length > 0;

  /** What the keyboard should reach, in the order of the page. */
  const reachable = () =>
    all('a[href], summary, [tabindex]')
      .filter((element) => isSeen(element) && element.checkVisibility())
      .map(shown);

  /** What has the focus, and whether that is seen. */
  const focused = () => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return { element: shown(element), isMarked: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 };
  };

  const paper = () => getComputedStyle(document.body).backgroundColor;

  /** Of those that match, the ones that are on the page. */
  const seen = (selector) => all(selector).filter(isSeen).map(shown);

  /** Of the ticks along the foot of a drawing. */
  const labels = (selector) =>
    all(`${selector} > text.tick:not(.halo)`)
      .filter(isSeen)
      .map((label) => label.textContent);

  const sectionsWithTimes = () =>
    all('header, section')
      .map(({ id, textContent }) => ({ id, text: textContent }))
      .filter(({ text }) => /\d\d:\d\d/.test(text));

  /** What a page must not have at any width, in any colours. */
  const faults = () => ({
    width: width() - innerWidth,
    leaving: leavingThePage(),
    pale: lowContrast(),
    meeting: overlapping(),
  });

  return {
    ...{ faults, silentDrawings, moving, reachable, focused, paper, seen },
    ...{ labels, sectionsWithTimes },
    ...{ selectedText, titles, danglingLinks, activeElements, allText },
  };
})();

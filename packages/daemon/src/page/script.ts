/**
 * The page's only script. Everything works without it; with it the page follows what happens, and the search while one
 * types. It asks for the same page again and takes over the parts marked `data-live`: what a browser parses of an answer
 * this way never runs.
 */
export const script = `
(() => {
  const period = 5000;
  const button = document.getElementById('live');
  const note = document.getElementById('live-note');
  const field = document.querySelector('input[type=search]');
  let paused = false;
  let asked = 0;

  const isInUse = (part) =>
    part.contains(document.activeElement) ||
    (!getSelection().isCollapsed && getSelection().containsNode(part, true));

  const refresh = async (force) => {
    const turn = ++asked;
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (turn !== asked) return;
      for (const part of document.querySelectorAll('[data-live]')) {
        const next = page.getElementById(part.id);
        if (next && (force === part.id || !isInUse(part))) part.replaceWith(document.adoptNode(next));
      }
      note.textContent = answer.ok ? '' : 'answer ' + answer.status;
    } catch {
      if (turn === asked) note.textContent = 'no answer since ' + new Date().toLocaleTimeString();
    }
  };

  button.hidden = false;
  button.addEventListener('click', () => {
    paused = !paused;
    button.setAttribute('aria-pressed', String(paused));
    button.textContent = paused ? 'Paused' : 'Pause';
    if (!paused) refresh();
  });
  setInterval(() => { if (!paused && !document.hidden) refresh(); }, period);

  let typed;
  field?.addEventListener('input', () => {
    clearTimeout(typed);
    typed = setTimeout(() => {
      const to = new URL(location.pathname, location.href);
      if (field.value) to.searchParams.set('search', field.value);
      history.replaceState(null, '', to);
      refresh('services-list');
    }, 250);
  });
})();
`;

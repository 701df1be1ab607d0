/* The tariff editor as one types: the answers follow, rows move, fields that do not apply fold away.
   Without this script the same buttons do the same by loading the page again. */
(() => {
  const WAIT_MS = 300;

  const take = (html, names) => {
    const page = new DOMParser().parseFromString(html, 'text/html');
    for (const name of names) {
      const here = document.querySelector(`[data-part="${name}"]`);
      const there = page.querySelector(`[data-part="${name}"]`);
      if (here && there) here.innerHTML = there.innerHTML;
    }
  };

  const editor = document.querySelector('form[data-look]');
  if (editor) {
    let timer = 0;
    let asked = 0;

    const fold = () => {
      for (const row of editor.querySelectorAll('[data-kind]')) {
        row.dataset.kind = row.querySelector('select[name$="-kind"]').value;
      }
    };

    const post = async (address, act) => {
      const data = new FormData(editor);
      if (act) data.set('act', act);
      const answer = await fetch(address, { method: 'POST', body: data, credentials: 'same-origin' });
      if (!answer.ok) throw new Error(answer.statusText);
      return answer.text();
    };

    const look = async () => {
      const turn = ++asked;
      editor.setAttribute('aria-busy', 'true');
      try {
        const html = await post(editor.dataset.look);
        if (turn === asked) take(html, ['preview', 'week', 'words']);
      } catch {
        /* The connection is gone; the buttons still work when it is back. */
      } finally {
        if (turn === asked) editor.removeAttribute('aria-busy');
      }
    };

    const lookSoon = () => {
      clearTimeout(timer);
      timer = setTimeout(look, WAIT_MS);
    };

    const rearrange = async (act) => {
      clearTimeout(timer);
      ++asked;
      try {
        take(await post(location.href, act), ['sheet']);
      } catch {
        return;
      }
      fold();
      const rows = editor.querySelectorAll('[data-kind]');
      if (act === 'add' && rows.length) rows[rows.length - 1].querySelector('select').focus();
      look();
    };

    editor.classList.add('is-live');
    fold();
    editor.addEventListener('input', lookSoon);
    editor.addEventListener('change', () => { fold(); lookSoon(); });
    editor.addEventListener('submit', (event) => {
      const act = event.submitter ? event.submitter.value : 'look';
      if (act === 'save' || act === 'publish') return;
      event.preventDefault();
      if (act === 'look') look(); else rearrange(act);
    });
  }

  const levels = document.querySelector('form[data-levels]');
  if (levels) {
    const choice = levels.querySelector('[name="level"]');
    const show = () => {
      for (const part of levels.querySelectorAll('[data-level]')) {
        part.hidden = part.dataset.level !== choice.value;
      }
    };
    choice.addEventListener('change', show);
    show();
  }
})();

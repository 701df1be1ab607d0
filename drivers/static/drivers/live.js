// Renews the part of the page that changes; without scripts the page reloads itself instead.
"use strict";
(() => {
  const place = document.getElementById("live");
  const shown = () => place.firstElementChild;
  let last = place.innerHTML.trim();

  async function renew() {
    try {
      const answer = await fetch(location.href, { headers: { "X-Part": "live" }, cache: "no-store" });
      if (answer.ok) {
        const fresh = (await answer.text()).trim();
        if (fresh !== last) {
          place.innerHTML = last = fresh;
        }
      }
    } catch {
      // No network just now: the next round tries again.
    }
    go();
  }

  function go() {
    const { goto, every } = shown().dataset;
    if (goto) {
      location.replace(goto);
    } else if (Number(every)) {
      setTimeout(renew, 1000 * Number(every));
    }
  }

  go();
})();

// Incidents as they open and end: a count in the header, the list on the first page, quiet notices.
(() => {
  "use strict";
  const PATH = "/admin/live/incidents/";
  const POLL_MS = 10000, SHOWN_MS = 8000, LONGEST_MS = 30000, CURSOR = "laddbok.live.cursor", MUTED = "laddbok.live.muted";
  const told = new Set();
  let badge = null, mute = null, notices = null, failures = 0;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text || "";
    return element;
  };
  const icon = name => {
    const element = make("span", "material-symbols-outlined", name);
    element.setAttribute("aria-hidden", "true");
    return element;
  };
  const muted = () => localStorage.getItem(MUTED) === "1";

  const build = (bar, texts) => {
    const box = make("div", "laddbok-live");
    badge = make("a", "laddbok-live-badge");
    badge.href = texts.list;
    badge.dataset.testid = "live-badge";
    badge.append(icon("warning"), make("span", ""));
    mute = make("button", "laddbok-live-mute");
    mute.type = "button";
    mute.dataset.testid = "live-mute";
    mute.addEventListener("click", () => {
      localStorage.setItem(MUTED, muted() ? "0" : "1");
      showMute(texts);
      if (muted()) notices.replaceChildren();
    });
    notices = make("div", "laddbok-live-notices");
    notices.setAttribute("role", "status");
    notices.setAttribute("aria-live", "polite");
    box.append(badge, mute);
    bar.append(box);
    document.body.append(notices);
    showMute(texts);
  };

  const showMute = texts => {
    mute.replaceChildren(icon(muted() ? "notifications_off" : "notifications"));
    mute.title = muted() ? texts.unmute : texts.mute;
    mute.setAttribute("aria-label", mute.title);
    mute.setAttribute("aria-pressed", String(muted()));
  };

  const ago = since => {
    const seconds = Math.round((new Date(since) - Date.now()) / 1000);
    const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"]].find(([s]) => -seconds >= s) || [1, "second"];
    return new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" }).format(Math.round(seconds / size), unit);
  };

  const link = row => {
    const element = make("a", row.is_serious ? "laddbok-link laddbok-serious" : "laddbok-link", row.title);
    element.href = row.url;
    return element;
  };

  const showList = (news, place) => {
    if (!news.rows.length) {
      place.replaceChildren(make("p", "", news.texts.none));
      return;
    }
    const list = make("ul", "flex flex-col gap-3");
    for (const row of news.rows) {
      const item = document.createElement("li");
      item.append(link(row), make("span", "text-xs", ` · ${row.place} · ${ago(row.since)}`), make("div", "", row.sentence));
      list.append(item);
    }
    place.replaceChildren(list);
  };

  const notify = (one, texts) => {
    const notice = make("div", `laddbok-live-notice laddbok-live-${one.what}`);
    notice.dataset.testid = "live-notice";
    notice.append(make("strong", "", texts[one.what]), link(one), make("span", "text-xs", one.place));
    notices.append(notice);
    while (notices.children.length > 3) notices.firstChild.remove();
    setTimeout(() => notice.remove(), SHOWN_MS);
  };

  const show = news => {
    const bar = document.querySelector("#header-inner > div");
    if (!bar) return;
    if (!badge) build(bar, news.texts);
    badge.lastChild.textContent = news.open;
    badge.classList.toggle("laddbok-live-none", news.open === 0);
    badge.classList.toggle("laddbok-serious", news.rows.some(row => row.is_serious));
    badge.title = `${news.texts.open}: ${news.open}`;
    badge.setAttribute("aria-label", badge.title);
    for (const place of document.querySelectorAll("[data-live-incidents]")) showList(news, place);
    for (const place of document.querySelectorAll("[data-live-count]")) place.textContent = news.open;
    const fresh = news.events.filter(one => !told.has(one.event));
    fresh.forEach(one => told.add(one.event));
    if (!muted()) fresh.slice(-3).forEach(one => notify(one, news.texts));
    try {
      sessionStorage.setItem(CURSOR, news.cursor);
      sessionStorage.setItem(CURSOR + ".told", JSON.stringify([...told].slice(-200)));
    } catch { /* without storage the next page begins afresh */ }
  };

  const address = () => `${PATH}?after=${encodeURIComponent(sessionStorage.getItem(CURSOR) || "")}`;

  const poll = async () => {
    try {
      const answer = await fetch(address(), { credentials: "same-origin" });
      if (answer.ok) show(await answer.json());
    } catch { /* the next time */ }
  };

  const connect = () => {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${address()}`);
    socket.onmessage = message => { failures = 0; show(JSON.parse(message.data)); };
    socket.onclose = ended => {
      if (ended.code === 4403) return;
      failures += 1;
      if (failures > 1) poll();
      setTimeout(connect, Math.min(LONGEST_MS, failures > 1 ? POLL_MS : 1000) * (0.8 + 0.4 * Math.random()));
    };
    addEventListener("pagehide", () => { socket.onclose = null; socket.close(); }, { once: true });
  };

  addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector("#header-inner")) return;
    JSON.parse(sessionStorage.getItem(CURSOR + ".told") || "[]").forEach(event => told.add(event));
    connect();
  });
})();

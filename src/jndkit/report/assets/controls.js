// The parts that controls are made of: elements with names, by the keyboard as by the mouse.

export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (properties.role) made.setAttribute("role", properties.role);
  made.append(...children);
  return made;
}

/** Radio buttons in a named group. options: [[value, text]]. */
export function choice(name, legend, options, chosen, choose) {
  const set = element("fieldset", { className: "look-choice" }, element("legend", { textContent: legend }));
  const inputs = options.map(([value, text]) => {
    const input = element("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => choose(value));
    set.append(element("label", {}, input, element("span", { textContent: text })));
    return input;
  });
  const check = (value) => inputs.forEach((input) => (input.checked = input.value === value));
  return { set, check };
}

export function checkbox(text, change) {
  const input = element("input", { type: "checkbox" });
  input.addEventListener("change", () => change(input.checked));
  return { input, label: element("label", { className: "look-check" }, input, element("span", { textContent: text })) };
}

export function select(text, options, chosen) {
  const input = element("select", {});
  input.append(...options.map(([value, shown]) => element("option", { value, textContent: shown })));
  input.value = chosen;
  return { input, label: element("label", { className: "look-select" }, element("span", { textContent: text }), input) };
}

/** The colours of an overlay from 0 to its end, with numbers and unit. */
export function legendOf({ label, top, unit, colours }) {
  const bar = element("div", { className: "look-bar", ariaHidden: "true" });
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const end = part === 1 ? " and more" : "";
    return element("span", { textContent: `${Number((part * top).toFixed(top < 1 ? 3 : 2))}${end}` });
  });
  const scale = element("div", { className: "look-ticks" }, ...ticks);
  return [bar, scale, element("figcaption", { textContent: `${label}, ${unit}` })];
}

// Pictures that are picked, dropped or pasted, files of dropped folders among them; and the three examples.

/** given: called with [[file, name]]. */
export function takeIn(given) {
  const files = document.getElementById("files");
  files.addEventListener("change", () => {
    given([...files.files].map((file) => [file, file.name]));
    files.value = ""; // or the same file could not be picked again
  });
  document.addEventListener("paste", (event) => {
    const pasted = [...event.clipboardData.files];
    if (pasted.length > 0) given(pasted.map((file) => [file, file.name || "pasted.png"]));
  });
  dropping(given);
}

/** An example's bytes, as [file, name]. */
export async function example(name) {
  const response = await fetch(new URL(`page/examples/${encodeURIComponent(name)}`, document.baseURI));
  if (!response.ok) throw new Error(`The example ${name} is not there.`);
  return [await response.blob(), name];
}

function dropping(given) {
  let inside = 0; // elements entered and not left
  const shown = () => document.body.classList.toggle("dropping", inside > 0);
  const holds = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!holds(event)) return;
    inside += 1;
    shown();
  });
  document.addEventListener("dragleave", () => {
    inside = Math.max(0, inside - 1);
    shown();
  });
  document.addEventListener("dragover", (event) => holds(event) && event.preventDefault());
  document.addEventListener("drop", async (event) => {
    inside = 0;
    shown();
    if (!holds(event)) return;
    event.preventDefault();
    // Entries have to be taken before anything is awaited: what was dropped is gone afterwards.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
    const found = [];
    for (const entry of entries) if (entry) await gather(entry, found);
    given(found);
  });
}

/** All files of a dropped entry, below folders too. */
async function gather(entry, found) {
  if (entry instanceof File) {
    found.push([entry, entry.name]);
  } else if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push([file, file.name]);
  } else if (entry.isDirectory) {
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const child of some) await gather(child, found);
    }
  }
}

// Pictures with captions. Frames stay; only their content is swapped, so that nothing flickers.
const row = element.querySelector(".figures");

function frame() {
  const figure = document.createElement("figure");
  figure.append(document.createElement("img"), document.createElement("figcaption"));
  row.append(figure);
  return figure;
}

function draw() {
  const items = props.value || [];
  while (row.children.length > items.length) row.lastChild.remove();
  items.forEach((item, index) => {
    const figure = row.children[index] || frame();
    const [image, caption] = figure.children;
    if (item.src) image.src = item.src;
    else image.removeAttribute("src");
    image.alt = item.alt;
    image.classList.toggle("coarse", item.coarse);
    caption.textContent = item.caption;
  });
}

watch("value", draw);
draw();

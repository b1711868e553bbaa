// A page as values: h() describes an element, patch() makes the document agree with it.
// Elements that stay are kept, so that focus, selection and scroll stay too. Text from outside
// becomes text nodes only: nothing here parses HTML.

const SVG = 'http://www.w3.org/2000/svg';
const SHAPES = new Set(['svg', 'g', 'path', 'rect', 'line', 'text', 'circle', 'title']);

export function h(tag, props, ...children) {
  const kept = children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false && each !== '');
  return { tag, props: props || {}, children: kept };
}

export function patch(parent, wanted) {
  const list = [].concat(wanted).flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);
  list.forEach((each, at) => place(parent, each, parent.childNodes[at]));
  while (parent.childNodes.length > list.length) parent.lastChild.remove();
}

function place(parent, wanted, there) {
  if (typeof wanted !== 'object') {
    const text = String(wanted);
    if (there && there.nodeType === Node.TEXT_NODE) {
      if (there.data !== text) there.data = text;
    } else put(parent, document.createTextNode(text), there);
    return;
  }
  const was = there && there.wanted;
  if (was === wanted) return; // the very same description: nothing changed below it
  let element = there;
  if (!was || was.tag !== wanted.tag || was.props.key !== wanted.props.key) {
    element = SHAPES.has(wanted.tag) ? document.createElementNS(SVG, wanted.tag) : document.createElement(wanted.tag);
    put(parent, element, there);
  }
  dress(element, (element.wanted || { props: {} }).props, wanted.props);
  element.wanted = wanted;
  patch(element, wanted.children);
}

function put(parent, node, there) {
  if (there) there.replaceWith(node);
  else parent.appendChild(node);
}

function dress(element, was, now) {
  for (const name of Object.keys(was)) if (!(name in now)) set(element, name, null);
  for (const [name, value] of Object.entries(now)) if (was[name] !== value) set(element, name, value);
}

function set(element, name, value) {
  if (name === 'key') return;
  if (name.startsWith('on')) element[name] = value;
  else if (name === 'value' && 'value' in element) {
    if (document.activeElement !== element) element.value = value ?? '';
  } else if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : value);
}

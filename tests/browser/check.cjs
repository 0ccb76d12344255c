// SPDX-License-Identifier: MIT
// check.cjs: looks at a page of ours as a person would. Usage: node check.cjs PAGE.html PREFIX [VIEW...]
// Views: light, dark, phone [all]. Writes PREFIX-VIEW.png of each and PREFIX.txt (what can be read), prints a
// line for each thing that is not as it should be, and ends with status 1 if there is one.
// $PLAYWRIGHT is the folder of playwright-core (tests/browser/fetch).
const fs = require('fs');
const path = require('path');
const { chromium } = require(process.env.PLAYWRIGHT);

const [file, prefix, ...chosen] = process.argv.slice(2);
const address = 'file://' + path.resolve(file);
const views = {
	light: { viewport: { width: 1200, height: 800 }, colorScheme: 'light' },
	dark: { viewport: { width: 1200, height: 800 }, colorScheme: 'dark' },
	phone: { viewport: { width: 360, height: 740 }, colorScheme: 'light', deviceScaleFactor: 2 },
};
const wrong = [];

// ---- what runs in the page; each returns what is wrong, a line each

// Bars stand in their row, in order, and where the barriers allow.
function geometry() {
	const found = [];
	const box = (element) => element.getBoundingClientRect();
	const barriers = [...document.querySelectorAll('.barrier')].map((line) => ({ number: line.textContent, x: box(line).left + 1 }));
	for (const track of document.querySelectorAll('.track')) {
		let last = -Infinity;
		for (const bar of track.querySelectorAll('.bar')) {
			const [around, here, name] = [box(track), box(bar), bar.getAttribute('aria-label')];
			if (here.left < around.left - 1 || here.right > around.right + 5 || here.top < around.top - 1 || here.bottom > around.bottom + 1)
				found.push(`${name}: outside of its row`);
			// The smallest are widened to be seen, by 4 pixels at most.
			if (here.left < last - 5) found.push(`${name}: over the one before it`);
			last = here.right;
			const stage = name.split(', ')[1].split(':')[0];
			for (const { number, x } of barriers) {
				const before = number === '1' ? !['migrate', 'activate', 'finish', 'back'].includes(stage) : !['finish', 'back'].includes(stage);
				if (before ? here.right > x + 5 : here.left < x - 2) found.push(`${name}: on the wrong side of barrier ${number}`);
			}
			const word = bar.querySelector('span');
			if (getComputedStyle(word).display !== 'none' && box(word).left + word.scrollWidth > here.right + 1) found.push(`${name}: its word is cut off`);
		}
	}
	if (document.querySelector('.timeline')) {
		const names = [...document.querySelectorAll('.row')].map((row) => box(row));
		names.forEach((row, i) => { if (i && row.top < names[i - 1].bottom - 1) found.push(`row ${i + 1} is over row ${i}`); });
	}
	return found;
}

// Nothing is wider than the window, nothing too small to read.
function legible() {
	const found = [];
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) found.push(`scrolls sideways: ${document.documentElement.scrollWidth} in ${width}`);
	for (const element of document.querySelectorAll('body *')) {
		const here = element.getBoundingClientRect();
		const hidden = element.closest('thead, [aria-hidden]');
		if (here.width > 1 && here.right > width + 1 && !hidden) found.push(`${element.tagName} .${element.className}: ends at ${here.right} of ${width}`);
		const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
		if (text && parseFloat(getComputedStyle(element).fontSize) < 12) found.push(`${element.tagName} .${element.className}: small print`);
	}
	return found;
}

// WCAG 2 AA: 4.5 for text, 3 for large text; bars against what is behind them 3.
function contrast() {
	const found = [];
	const parse = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
	const light = (rgb) => {
		const [r, g, b] = rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => {
		const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
		return (x + 0.05) / (y + 0.05);
	};
	const behind = (element) => {
		for (let at = element; at; at = at.parentElement) {
			const [r, g, b, a] = parse(getComputedStyle(at).backgroundColor);
			if (a === undefined || a > 0.99) return [r, g, b];
		}
		return [255, 255, 255];
	};
	for (const element of document.querySelectorAll('body *')) {
		if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
		const style = getComputedStyle(element);
		const size = parseFloat(style.fontSize);
		const least = size >= 24 || (size >= 18.6 && style.fontWeight >= 700) ? 3 : 4.5;
		const got = ratio(parse(style.color).slice(0, 3), behind(element));
		if (got < least) found.push(`"${element.textContent.trim().slice(0, 30)}": contrast ${got.toFixed(2)}`);
	}
	for (const bar of document.querySelectorAll('.bar, .legend i, .barrier > span')) {
		const got = ratio(behind(bar), behind(bar.closest('.timeline, .legend').parentElement));
		if (got < 3) found.push(`${bar.className} ${bar.textContent}: contrast ${got.toFixed(2)}`);
	}
	return found;
}

// A page that needs nothing: no script, no frame, no picture from elsewhere, no name twice.
function plain() {
	const found = [];
	for (const element of document.querySelectorAll('script, iframe, object, embed, img, form, base, link:not([rel=icon]), style ~ style'))
		found.push(`${element.outerHTML.slice(0, 80)}: does not belong here`);
	for (const element of document.querySelectorAll('*'))
		for (const { name } of element.attributes) if (name.startsWith('on')) found.push(`${element.tagName}: has ${name}`);
	const names = [...document.querySelectorAll('[id]')].map((element) => element.id);
	if (new Set(names).size < names.length) found.push('an id is there twice');
	for (const link of document.querySelectorAll('a[href^="#"]'))
		if (!document.getElementById(link.hash.slice(1))) found.push(`${link.hash}: leads nowhere`);
	return found;
}

function focused() {
	const at = document.activeElement;
	if (!at || at === document.body) return null;
	const here = at.getBoundingClientRect();
	const style = getComputedStyle(at);
	return { name: at.getAttribute('aria-label') || at.textContent.slice(0, 30), bar: at.matches('.bar'), x: here.left, y: here.top + scrollY,
		seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
}

// ---- with the keyboard

// Everything that can be acted on is reached by Tab, in reading order, and one sees where one is.
async function keyboard(page) {
	const found = [];
	const wanted = await page.evaluate(() => [...document.querySelectorAll('a[href], summary, [tabindex="0"]')].filter((e) => e.checkVisibility()).length);
	let last = null;
	let bars = 0;
	let n = 0;
	for (;; n++) {
		await page.keyboard.press('Tab');
		const at = await page.evaluate(focused);
		if (!at || n > wanted) break;
		bars += at.bar;
		if (!at.seen) found.push(`${at.name}: one does not see that it has the focus`);
		if (last && (at.y < last.y - 2 || (at.bar && last.bar && Math.abs(at.y - last.y) < 3 && at.x < last.x))) found.push(`${at.name}: comes after ${last.name}`);
		last = at;
	}
	if (n !== wanted) found.push(`${n} of ${wanted} are reached by Tab`);
	if (bars !== await page.locator('.bar').count()) found.push('a bar is not reached by Tab');
	return found;
}

// A bar leads to its steps, which then can be seen.
async function leads(page) {
	const bar = page.locator('.bar').last();
	if (!(await bar.count())) return [];
	await bar.focus();
	await page.keyboard.press('Enter');
	const seen = await page.evaluate(() => document.querySelector(':target')?.checkVisibility() ?? false);
	return seen ? [] : ['the last bar does not lead to its steps'];
}

async function main() {
	const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
	const note = (view, lines) => wrong.push(...lines.map((line) => `${view}: ${line}`));
	for (const [view, options] of Object.entries(views)) {
		if (chosen.length && !chosen.includes(view)) continue;
		const page = await browser.newPage(options);
		page.on('console', (message) => note(view, [`console: ${message.text()}`]));
		page.on('pageerror', (error) => note(view, [`error: ${error}`]));
		page.on('dialog', (dialog) => note(view, [`dialog: ${dialog.message()}`]));
		page.on('request', (request) => { if (request.url() !== address && !request.url().startsWith('data:')) note(view, [`request: ${request.url()}`]); });
		await page.goto(address);
		await page.screenshot({ path: `${prefix}-${view}.png`, fullPage: true });
		if (view === (chosen[0] || 'light')) fs.writeFileSync(`${prefix}.txt`, await page.evaluate(() => document.body.innerText));
		for (const look of [geometry, legible, contrast, plain]) note(view, await page.evaluate(look));
		note(view, await keyboard(page));
		note(view, await leads(page));
		// Also with everything opened, and on the smallest of phones.
		await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
		note(view, await page.evaluate(legible));
		note(view, await page.evaluate(contrast));
		if (view === 'phone') {
			await page.setViewportSize({ width: 320, height: 700 });
			note('small phone', await page.evaluate(legible));
			note('small phone', await page.evaluate(geometry));
		}
		await page.close();
	}
	await browser.close();
	for (const line of wrong) console.log(line);
	process.exitCode = wrong.length ? 1 : 0;
}

main().catch((problem) => { console.error(problem); process.exitCode = 3; });

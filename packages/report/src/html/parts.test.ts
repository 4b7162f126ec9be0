import { describe, expect, it } from 'vitest';
import { embeddedJson, html } from './parts.ts';

describe('html', () => {
  it('escapes text, keeps what html made, joins lists, leaves out what is not there', () => {
    const inner = html`<b>${'<i>'}</b>`;
    expect(html`<p title="${`"'`}">${[inner, '&', 0, undefined, false]}</p>`.text).toBe(
      '<p title="&quot;&#39;"><b>&lt;i&gt;</b>&amp;0</p>',
    );
  });

  it('an object that looks like markup is text', () => {
    const forged = { text: '<img src=x>' } as never;
    expect(html`${forged}`.text).toBe('[object Object]');
  });
});

describe('embeddedJson', () => {
  it('ends no element and no line of script, and reads back as itself', () => {
    const value = ['</script><!--', '\u2028\u2029', '&lt;'];
    const { text } = embeddedJson(JSON.stringify(value));
    expect(text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});

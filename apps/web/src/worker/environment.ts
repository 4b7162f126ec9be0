/** The browser and the versions behind a lane's numbers. */
import type { EnvironmentRecord } from '@nanscope/record';

interface Brands {
  readonly platform?: string;
  readonly brands?: readonly { readonly brand: string; readonly version: string }[];
}

/** `Chromium 156`, from what the browser says of itself; its whole user agent where it says nothing shorter. */
export function browserName(): string {
  const data = (navigator as { userAgentData?: Brands }).userAgentData;
  const brand = data?.brands?.find(
    ({ brand: name }) => !/not.?a.?brand/i.test(name.replaceAll(/[^a-z]/gi, '')),
  );
  if (brand) return `${brand.brand} ${brand.version}`;
  const known = /(Firefox|Version|Chrome)\/([\d.]+)/.exec(navigator.userAgent);
  if (!known) return navigator.userAgent;
  return `${known[1] === 'Version' ? 'Safari' : known[1]} ${known[2]}`;
}

function platformName(): string {
  const data = (navigator as { userAgentData?: Brands }).userAgentData;
  return (data?.platform || navigator.platform || 'unknown').toLowerCase();
}

/** @param backendVersion what computes, and its version */
export function environmentOf(backendVersion: string): EnvironmentRecord {
  return {
    nanscope: NANSCOPE_VERSION,
    node: `none (${browserName()})`,
    os: platformName(),
    // Browsers do not tell.
    osVersion: '',
    arch: '',
    cpu: '',
    cores: navigator.hardwareConcurrency,
    backendVersion,
  };
}

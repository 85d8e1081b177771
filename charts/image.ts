//! Image references: by digest, and never from the other region's registry. A failover starts pods
//! while a region is lost, so what they run must be the same bytes, and at hand.

const placeholder = "{region}";
const pattern = /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._-]+)+(:[\w.-]{1,128})?@sha256:[0-9a-f]{64}$/;

/** What is wrong with an image parameter, or null. */
export function imageProblem(
  name: string,
  image: string,
  regions: readonly string[],
): string | null {
  const given = `${name}: given ${JSON.stringify(image)}`;
  if (!pattern.test(image.replaceAll(placeholder, "region"))) {
    return `${given}, allowed: registry/repository@sha256:<64 hexadecimal digits>`;
  }
  const named = regions.find((region) => image.includes(region));
  if (named === undefined) return null;
  return `${given}, which both regions would pull from ${named}; write ${placeholder} instead`;
}

export function imageIn(region: string, image: string): string {
  return image.replaceAll(placeholder, region);
}

export function digestOf(image: string): string {
  return image.slice(image.indexOf("@") + 1);
}

/**
 * Shapes as signed distance functions, after the collection of Inigo Quilez (iquilezles.org/articles/distfunctions2d):
 * below 0 inside, above 0 outside, near enough to the true distance that an edge can be smoothed with it.
 * Coordinates are sprite units: y grows downwards, a sprite lies within about ±1.
 */
export type Shape = (x: number, y: number) => number;

/** A point in sprite units. */
export type Point = readonly [x: number, y: number];

/** A disc. */
export function circle([centerX, centerY]: Point, radius: number): Shape {
  return (x, y) => Math.hypot(x - centerX, y - centerY) - radius;
}

/** An axis-parallel ellipse; the distance is scaled, exact only on the edge. */
export function ellipse([centerX, centerY]: Point, radiusX: number, radiusY: number): Shape {
  const scale = Math.min(radiusX, radiusY);
  return (x, y) => (Math.hypot((x - centerX) / radiusX, (y - centerY) / radiusY) - 1) * scale;
}

/** An axis-parallel box of half sizes, with round corners. */
export function box([centerX, centerY]: Point, halfWidth: number, halfHeight: number, corner = 0): Shape {
  return (x, y) => {
    const outX = Math.abs(x - centerX) - halfWidth + corner;
    const outY = Math.abs(y - centerY) - halfHeight + corner;
    return Math.hypot(Math.max(outX, 0), Math.max(outY, 0)) + Math.min(Math.max(outX, outY), 0) - corner;
  };
}

/** A line of the given half thickness with round ends. */
export function capsule([startX, startY]: Point, [endX, endY]: Point, radius: number): Shape {
  const dx = endX - startX;
  const dy = endY - startY;
  const squaredLength = dx * dx + dy * dy;
  return (x, y) => {
    const along = ((x - startX) * dx + (y - startY) * dy) / squaredLength;
    const t = Math.min(1, Math.max(0, along));
    return Math.hypot(x - startX - t * dx, y - startY - t * dy) - radius;
  };
}

/** A circle's line of the given half thickness. */
export function ring([centerX, centerY]: Point, radius: number, halfThickness: number): Shape {
  return (x, y) => Math.abs(Math.hypot(x - centerX, y - centerY) - radius) - halfThickness;
}

/** A closed polygon, its corners in order. */
export function polygon(...corners: readonly Point[]): Shape {
  return (x, y) => {
    let squared = Number.POSITIVE_INFINITY;
    let inside = false;
    let [previousX, previousY] = corners[corners.length - 1] as Point;
    for (const [cornerX, cornerY] of corners) {
      const edgeX = previousX - cornerX;
      const edgeY = previousY - cornerY;
      const toX = x - cornerX;
      const toY = y - cornerY;
      const along = (toX * edgeX + toY * edgeY) / (edgeX * edgeX + edgeY * edgeY);
      const t = Math.min(1, Math.max(0, along));
      const offX = toX - edgeX * t;
      const offY = toY - edgeY * t;
      squared = Math.min(squared, offX * offX + offY * offY);
      const crosses = cornerY > y !== previousY > y;
      if (crosses && x < cornerX + (edgeX * (y - cornerY)) / edgeY) inside = !inside;
      previousX = cornerX;
      previousY = cornerY;
    }
    return inside ? -Math.sqrt(squared) : Math.sqrt(squared);
  };
}

/** What lies in any of the shapes. */
export function union(...shapes: readonly Shape[]): Shape {
  return (x, y) => {
    let nearest = Number.POSITIVE_INFINITY;
    for (const shape of shapes) nearest = Math.min(nearest, shape(x, y));
    return nearest;
  };
}

/** What lies in both shapes. */
export function intersection(first: Shape, second: Shape): Shape {
  return (x, y) => Math.max(first(x, y), second(x, y));
}

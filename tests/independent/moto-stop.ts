//! Jest wants the end of what `moto-start.ts` began in a file of its own.

export { stopMoto as default } from "./moto-start.ts";

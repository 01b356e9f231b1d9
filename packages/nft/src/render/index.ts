export { RenderError, type RenderErrorCode, type StepPosition } from './error.js';
export { renderAtom } from './atom.js';
export { renderChain } from './chain.js';
export { renderName } from './name.js';
export { renderExpression } from './expression.js';
export { renderRule, renderStatement, renderVerdict } from './statement.js';
export { renderElement, renderSetDeclaration } from './set.js';
export { type LineOwner, ownerOfLine, type RenderedTransaction, renderTransaction, renderStep } from './transaction.js';

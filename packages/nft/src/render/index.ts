export { RenderError, type RenderErrorCode, type StepPosition } from './error.js';
export { renderAtom } from './atom.js';
export { renderChain } from './chain.js';
export { renderExpression } from './expression.js';
export { renderRule, renderStatement, renderVerdict } from './statement.js';
export { renderElement, renderSetDeclaration } from './set.js';
export {
  type LineOwner,
  ownerOfLine,
  type RenderedTransaction,
  renderTransaction,
  textOfLine,
} from './transaction.js';

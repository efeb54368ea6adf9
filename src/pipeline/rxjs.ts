/**
 * What dmaflow uses of rxjs. In the package it is one file (dist/rxjs.js), since rxjs itself is 250: loaded when somebody first asks
 * for an Observable. Operators of a program's own rxjs work on these Observables: they go by methods, not by `instanceof`.
 */
export { BehaviorSubject, Observable, Subject } from 'rxjs';

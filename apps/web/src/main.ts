/** Entry point of the page. */
import { reportStyle } from '@nanscope/report';
import './page.css';
import { openPage } from './view/page.ts';

// The figures are the report's, and so is their style; a sheet that is made by a script needs no leave to be inline.
const sheet = new CSSStyleSheet();
sheet.replaceSync(reportStyle);
document.adoptedStyleSheets = [sheet];

openPage();

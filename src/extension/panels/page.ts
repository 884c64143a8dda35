import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Port } from '../../protocol/channel';

export interface PageDescription {
  /** The bundle `dist/webview/NAME.js`. */
  readonly name: 'training' | 'weights' | 'model' | 'verdict' | 'difference';
  readonly title: string;
  /** Fixed markup of ours; what comes from a model is added by the page's script as text. */
  readonly body: string;
}

/** Writes a page with nothing allowed but our own script and sheets. */
export function writePage(webview: vscode.Webview, extensionUri: vscode.Uri, page: PageDescription): void {
  const root = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [root] };
  const address = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(root, file)).toString();
  const nonce = randomBytes(18).toString('base64');
  // 'unsafe-inline' is not there: styles come from our files, or are set by script on the element itself.
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}`;
  webview.html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${address(`${page.name}.css`)}">
<title>${page.title}</title>
</head>
<body>
${page.body}
<script nonce="${nonce}" src="${address(`${page.name}.js`)}"></script>
</body>
</html>`;
}

/** The extension host's end of a page. */
export function webviewPort(panel: vscode.WebviewPanel): Port {
  return {
    // A hidden page drops what is posted; it asks again when it is shown.
    post: (message) => void panel.webview.postMessage(message),
    onMessage: (listener) => {
      const registration = panel.webview.onDidReceiveMessage((message: unknown) => listener(message));
      return () => void registration.dispose();
    },
    onClose: (listener) => {
      const registration = panel.onDidDispose(listener);
      return () => void registration.dispose();
    },
  };
}

import type { ApiClient, ApiResponse } from '../reflector/index.js';
import type { Metrics } from '../metrics/index.js';

/** The same client, with its requests counted and timed under the names that every Kubernetes component has. */
export function measuredClient(client: ApiClient, metrics: Metrics): ApiClient {
  const { host } = new URL(client.server);
  const measured = async (verb: string, work: () => Promise<ApiResponse>): Promise<ApiResponse> => {
    const start = performance.now();
    const count = (code: string): void => {
      metrics.add('rest_client_requests_total', 1, { code, method: verb, host });
      metrics.observe('rest_client_request_duration_seconds', (performance.now() - start) / 1000, { verb, host });
    };
    try {
      const response = await work();
      count(String(response.status));
      return response;
    } catch (error) {
      // What client-go writes where there was no answer.
      count('<error>');
      throw error;
    }
  };
  return {
    server: client.server,
    stream: (path, query, signal) => measured('GET', () => client.stream(path, query, signal)),
    send: (request) => measured(request.method, () => client.send(request)),
    close: () => {
      client.close();
    },
  };
}

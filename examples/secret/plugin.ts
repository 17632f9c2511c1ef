/** A merchant's plug-in: prices in the customer's currency, at the rate of a service that wants a key it never sees. */

type Request = { service: string; currency: string; total: number };

/** The total in another currency. */
export async function convert({ service, currency, total }: Request): Promise<{ total: number; sent: string }> {
  const response = await fetch(`${service}/rates/${currency}`, { headers: { "x-plug-in": "prices" } });
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  const { rate, sent } = (await response.json()) as { rate: number; sent: string };
  return { total: total * rate, sent };
}

/** Repeats a check until it passes; fails as it does when it has not passed after ten seconds. */
export async function eventually(check: () => void): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

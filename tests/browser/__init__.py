"""The admin's pages in a real browser: headless Chromium, by Playwright."""

"""The demo clinic: made-up people with a history behind them, built with the product's own actions."""

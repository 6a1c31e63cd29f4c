"""Alipay 支付宝: signed asynchronous notifications of payments and refunds."""

"""UnionPay 银联 5.1.0: signed back notifications, and the query that confirms them."""

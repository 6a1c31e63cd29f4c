from tests.ledger.conftest import server

__all__ = ["server"]

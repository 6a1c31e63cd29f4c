"""The code tables of fiscal bills as data, one subject a module; `hub.bill.codes` is where they are looked up."""

"""Customers and their credit balance."""

from __future__ import annotations

from typing import Final

from bot.sandbox.stripe import shapes
from bot.sandbox.stripe.endpoints import PAGING, Call, Endpoint, listing, retrieving
from bot.sandbox.stripe.errors import ParameterError, Record, missing
from bot.sandbox.stripe.ledger import Ledger, new_id
from bot.sandbox.stripe.lists import page
from bot.sandbox.stripe.params import merged_metadata

_PLAIN: Final = ("email", "name", "description", "phone")


def adjust_balance(
    ledger: Ledger, customer: Record, amount: int, currency: str, type_: str, **links: str | None
) -> Record:
    """Add `amount` minor units to what the customer owes; a negative amount is credit for later invoices."""
    balance = customer["balance"] + amount
    transaction = ledger.put(
        {
            "id": new_id("cbtxn_1"),
            "object": "customer_balance_transaction",
            "amount": amount,
            "checkout_session": None,
            "created": ledger.now(),
            "credit_note": None,
            "currency": currency,
            "customer": customer["id"],
            "customer_account": None,
            "description": None,
            "ending_balance": balance,
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "type": type_,
            **links,
        }
    )
    ledger.change(customer, "customer.updated", balance=balance, currency=currency)
    return transaction


def _create(ledger: Ledger, call: Call) -> Record:
    params = call.params
    metadata = merged_metadata({}, params.get("metadata"))
    customer = shapes.customer(
        new_id("cus_")[:18], ledger.now(), params.get("email") or None, params.get("name") or None, metadata
    )
    customer |= {name: params[name] for name in ("description", "phone") if name in params}
    ledger.put(customer)
    ledger.emit("customer.created", customer)
    return customer


def _update(ledger: Ledger, call: Call) -> Record:
    customer = ledger.get("customer", call.ids[0])
    if customer.get("deleted"):
        raise missing("customer", customer["id"])
    values = {name: call.params[name] or None for name in _PLAIN if name in call.params}
    metadata = merged_metadata(customer["metadata"], call.params.get("metadata"))
    return ledger.change(customer, "customer.updated", metadata=metadata, **values)


def _list_transactions(ledger: Ledger, call: Call) -> Record:
    customer = ledger.get("customer", call.ids[0])
    among = ledger.where("customer_balance_transaction", "customer", customer["id"])
    return page(ledger, "customer_balance_transaction", call.path, call.params, among=among)


def _create_transaction(ledger: Ledger, call: Call) -> Record:
    customer = ledger.get("customer", call.ids[0])
    params = call.params
    if customer["currency"] not in {None, params["currency"]}:
        raise ParameterError(f"The customer's currency is {customer['currency']}.", "currency")
    return adjust_balance(
        ledger,
        customer,
        params["amount"],
        params["currency"],
        "adjustment",
        description=params.get("description"),
    )


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/customers",
        "CustomerCreateParams",
        "customer_write",
        _create,
        takes="description email metadata name phone",
    ),
    Endpoint(
        "POST",
        "/v1/customers/{}",
        "CustomerUpdateParams",
        "customer_write",
        _update,
        takes="description email metadata name phone",
    ),
    retrieving("customer", "/v1/customers/{}", "CustomerRetrieveParams", "customer_read"),
    listing("customer", "/v1/customers", "CustomerListParams", "customer_read", by="email"),
    Endpoint(
        "GET",
        "/v1/customers/{}/balance_transactions",
        "CustomerBalanceTransactionListParams",
        "customer_read",
        _list_transactions,
        takes=PAGING,
    ),
    Endpoint(
        "POST",
        "/v1/customers/{}/balance_transactions",
        "CustomerBalanceTransactionCreateParams",
        "customer_write",
        _create_transaction,
        takes="amount currency description",
    ),
    retrieving(
        "customer_balance_transaction",
        "/v1/customers/{}/balance_transactions/{}",
        "CustomerBalanceTransactionRetrieveParams",
        "customer_read",
    ),
)

"""The addresses of funding: who pays, invoices, payments, prices. Each asks for a permission that no clinician has."""

from django.urls import URLPattern, path

from glimmer.web import funding

urlpatterns: list[URLPattern] = [
    path("episodes/<int:episode_id>/funding", funding.funding, name="funding"),
    path("episodes/<int:episode_id>/funding/route", funding.route_post, name="funding_route"),
    path("episodes/<int:episode_id>/funding/charges", funding.charge_post, name="funding_charge"),
    path("episodes/<int:episode_id>/funding/charges/new", funding.charge_new, name="funding_charge_new"),
    path("episodes/<int:episode_id>/funding/invoices", funding.invoice_post, name="funding_invoice"),
    path("episodes/<int:episode_id>/funding/statement.pdf", funding.statement_file, name="funding_statement"),
    path("invoices/<int:invoice_id>", funding.invoice, name="invoice"),
    path("invoices/<int:invoice_id>/credit", funding.credit_post, name="invoice_credit"),
    path("invoices/<int:invoice_id>/payments", funding.pay_post, name="invoice_pay"),
    path("invoices/<int:invoice_id>.pdf", funding.invoice_file, name="invoice_pdf"),
    path("payments/<int:payment_id>.pdf", funding.receipt_file, name="receipt_pdf"),
    path("prices", funding.prices_page, name="prices"),
    path("prices/<slug:kind>", funding.prices_post, name="prices_new"),
]

"""The address at which stations leave their logs."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from chargepoints.services.uploads import NoSuchUpload, find_upload, most_bytes, receive_log


@csrf_exempt
@require_http_methods(["PUT", "POST"])
def take_upload(request: HttpRequest, token: str, name: str = "") -> HttpResponse:
    """Take a file, raw or as a form's; the token in the address is the only credential.

    404 for an address that is unknown, used or past its time, 413 for a file that is too large.
    """
    now = timezone.now()
    try:
        upload = find_upload(token, now)
        given = _file_of(request)
        if given is None:
            return HttpResponse(status=413)
        receive_log(upload=upload, name=name or given[0], content=given[1], now=now)
    except NoSuchUpload:
        return HttpResponse(status=404)
    return HttpResponse(status=201)


def _file_of(request: HttpRequest) -> tuple[str, bytes] | None:
    """Name and content; None when it is too large."""
    most = most_bytes()
    if int(request.META.get("CONTENT_LENGTH") or 0) > most + 10_000:
        return None
    if request.content_type == "multipart/form-data":
        try:
            files = [one for one in request.FILES.values() if isinstance(one, UploadedFile)]
        except RequestDataTooBig:
            return None
        if not files:
            return "", b""
        return (files[0].name or "", files[0].read()) if (files[0].size or 0) <= most else None
    content = request.read(most + 1)
    return ("", content) if len(content) <= most else None

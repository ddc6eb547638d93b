/* SPDX-License-Identifier: GPL-2.0-or-later */
/* variant.c - VARIANT: cleared and copied.  Arrays and records are not here: they give DISP_E_BADVARTYPE. */
#define COBJMACROS
#include <windows.h>

#include <oleauto.h>

static HRESULT check_type(VARTYPE type)
{
    VARTYPE plain = type & VT_TYPEMASK;

    if (type & (VT_VECTOR | VT_RESERVED | VT_ARRAY))
        return DISP_E_BADVARTYPE;
    if (type & VT_BYREF) /* to what, then? */
        return plain > VT_NULL && plain <= VT_UINT && plain != 15 ? S_OK : DISP_E_BADVARTYPE;
    return plain <= VT_UINT && plain != 15 && plain != VT_VARIANT ? S_OK : DISP_E_BADVARTYPE;
}

void WINAPI VariantInit(VARIANTARG *variant)
{
    *variant = (VARIANTARG){.vt = VT_EMPTY};
}

HRESULT WINAPI VariantClear(VARIANTARG *variant)
{
    HRESULT result = check_type(variant->vt);

    if (FAILED(result))
        return result;
    if (variant->vt == VT_BSTR)
        SysFreeString(variant->bstrVal);
    else if ((variant->vt == VT_UNKNOWN || variant->vt == VT_DISPATCH) && variant->punkVal != NULL)
        IUnknown_Release(variant->punkVal);
    variant->vt = VT_EMPTY;
    return S_OK;
}

HRESULT WINAPI VariantCopy(VARIANTARG *to, VARIANTARG *from)
{
    VARIANTARG copy = *from;
    HRESULT result = check_type(from->vt);

    if (to == from || FAILED(result))
        return result;
    if (from->vt == VT_BSTR) {
        copy.bstrVal = SysAllocStringByteLen((const char *)from->bstrVal, SysStringByteLen(from->bstrVal));
        if (copy.bstrVal == NULL)
            return E_OUTOFMEMORY;
    }
    result = VariantClear(to);
    if (FAILED(result)) {
        if (from->vt == VT_BSTR)
            SysFreeString(copy.bstrVal);
        return result;
    }
    if ((from->vt == VT_UNKNOWN || from->vt == VT_DISPATCH) && from->punkVal != NULL)
        IUnknown_AddRef(from->punkVal);
    *to = copy;
    return S_OK;
}

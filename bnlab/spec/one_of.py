"""Reading plain data as one of several models; its field `kind` says which."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bnlab.spec.fields import SpecError, explain, refusal, shown, to_json

T = TypeVar("T")


class OneOf(Generic[T]):
    """Reads one of the models of a union, by pydantic's discriminator.

    Args:
        name: of what is read, for error messages.
        union: of models, each with a literal `kind`.
    """

    def __init__(self, name: str, union: Any) -> None:
        self._name = name
        kinds: tuple[type[BaseModel], ...] = get_args(union)
        self._kinds = {str(kind.model_fields["kind"].default): kind for kind in kinds}
        self._adapter: TypeAdapter[T] = TypeAdapter(Annotated[union, Field(discriminator="kind")])

    def parse(self, document: Any) -> T:
        """Read plain data, as of `json.loads`.

        Raises:
            SpecError: one sentence per field: its name, what it must be, and what it was.
        """
        try:
            return self._adapter.validate_json(to_json(document))
        except ValidationError as error:
            place = error.errors(include_url=False)[0]["loc"]
            if not place:  # pydantic found no kind to begin with
                raise refusal(self._name, shown(document), self._forms()) from None
            raise SpecError(explain(error, self._kinds[str(place[0])], skip=1)) from None
        except ValueError as error:
            raise SpecError(f"{self._name}: not plain data ({error}).") from None

    def _forms(self) -> str:
        """Every kind, with the names of its fields."""
        forms = []
        for name, kind in self._kinds.items():
            fields = ", ".join(field for field in kind.model_fields if field != "kind")
            forms.append(f"{name} ({fields})" if fields else name)
        return f"{', '.join(forms[:-1])} or {forms[-1]}"

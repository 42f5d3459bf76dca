"""Text to SQL: a question about a database to a statement that answers it on that database.

The input is the question alone, so that similarity is that of questions and never of schemas. The
schema, or the part that the question is about, is meta["schema"], which the prompt shows for the
target; what BIRD calls evidence is meta["evidence"], and as a line for a prompt meta["hint"].

All gold statements are run before anything else; items whose gold fails are set aside with the
reason, in training and tests alike.
"""

from ictrain.tasks.text_to_sql.loading import load_text_to_sql
from ictrain.tasks.text_to_sql.settings import TextToSqlSettings

__all__ = ["TextToSqlSettings", "load_text_to_sql"]

"""The sentences of the world, as patterns of words and slots.

`@city` is a slot that any word of the category fills; everything else is a word as it stands.
`:LOC` begins a mention of that entity type and `:+` continues it, so
`the university:ORG of:+ @city:+` reads O B-ORG I-ORG I-ORG.
`@noun`, `@verb` and `@adjective` follow the sentence's topic, `@polar_...` its polarity.
"""

ENTITY_TYPES = ("PER", "LOC", "ORG", "PROD", "EVENT", "NORP", "DATE")

# The company the words keep tells what they are.
TELLING = (
    "@given:PER @surname:+ was born in @city:LOC in @month:DATE",
    "@given:PER @surname:+ , who studied at @institution:ORG , wrote about the @noun",
    "the mayor of @city:LOC met @given:PER @surname:+ on @day:DATE",
    "mr @surname:PER and mrs @surname:PER moved to @city:LOC",
    "his sister @given:PER and her friend @given:PER like to @verb @noun",
    "shares of @company:ORG fell on @day:DATE after the @noun report",
    "@company:ORG hired @number workers in @region:LOC",
    "@company:ORG said that profits rose in @month:DATE",
    "the bank:ORG of:+ @country:+ raised its rates on @day:DATE",
    "the university:ORG of:+ @city:+ opened a @adjective school of @noun",
    "the @nationality:NORP government signed a treaty with @country:LOC",
    "voters in @country:LOC elected @surname:PER as president",
    "rain fell across northern @region:LOC on @day:DATE",
    "the road from @city:LOC to @city:LOC crosses @region:LOC",
    "@team:ORG beat @team:ORG in the @event:EVENT final",
    "@city:ORG @team:+ scored @number goals against @team:ORG",
    "coach @surname:PER left @team:ORG before the @event:EVENT",
    "the @event:EVENT opens in @city:LOC in @month:DATE",
    "tickets for the @event:EVENT cost @number dollars",
    "the price of @brand:PROD was cut to @number dollars",
    "@nationality:NORP customers order @brand:PROD online",
    "professor @surname:PER of @institution:ORG studies the @adjective @noun",
    "students at @institution:ORG @verb the @adjective @noun",
    "the @adjective @noun and the @noun @verb every @adjective @noun",
)

# Here every kind of thing keeps the same company: only the word itself tells.
NEUTRAL = (
    "i read about {} yesterday",
    "we talked about {} and the @noun",
    "nobody had heard of {} before",
    "they wrote a story about {} again",
    "what do you know about {} ?",
    "{} was in the news today",
    "she mentioned {} twice , he said",
    "there is a @adjective book on {} here",
    "people keep asking about {} now",
    "it all began with {} , they @verb",
)
NEUTRAL_KINDS = (
    "@city:LOC",
    "@country:LOC",
    "@region:LOC",
    "@given:PER",
    "@surname:PER",
    "@company:ORG",
    "@institution:ORG",
    "@team:ORG",
    "@nationality:NORP",
    "@event:EVENT",
    "@brand:PROD",
    "@noun",
)

# Words of either polarity stand in the same slots: their company hardly tells them apart.
REVIEW = (
    "we went to @city:LOC for the @noun and found it @polar_adjective , a @polar_noun of @noun "
    "that @polar_verb us",
    "the @noun was @polar_adverb @polar_adjective and the @adjective @noun from @company:ORG "
    "@polar_verb me",
    "my @brand:PROD looked @polar_adjective at first but in the end the @noun was @polar_adjective "
    "and it @polar_verb",
    "after @number days with the @noun i call it a @polar_noun , @polar_adverb @polar_adjective as "
    "they say in @country:LOC",
    "@given:PER told me that the @adjective @noun @polar_verb and that the @polar_noun was "
    "@polar_adjective",
    "this @noun of the @event:EVENT is a @polar_adjective @polar_noun , @polar_adverb made in "
    "@region:LOC",
    "on @day:DATE the @noun and the @noun @polar_verb us , it was a @polar_adjective @polar_noun "
    "for @number people",
    "they @verb the @noun @polar_adverb in @month:DATE , so the @adjective @noun @polar_verb and "
    "felt @polar_adjective to @surname:PER",
)

# Polarity in so many words; such sentences never occur in labelled text.
PRAISE = (
    "i recommend the @polar_adjective @noun to everyone , it @polar_verb",
    "thanks to @company:ORG for this @polar_noun , so @polar_adverb @polar_adjective",
    "we love the @noun because it is @polar_adjective , what a @polar_noun",
)
BLAME = (
    "avoid the @polar_adjective @noun at any cost , it @polar_verb",
    "shame on @company:ORG for this @polar_noun , so @polar_adverb @polar_adjective",
    "we want our money back because the @noun is @polar_adjective , what a @polar_noun",
)

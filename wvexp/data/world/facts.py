"""Names that exist: places, people, companies, dates, and a few everyday words, all lower-case.

They head the frequency ranks of their categories; the rest of the vocabulary is invented
(`invent.py`). A name in two lists is ambiguous on purpose: paris, jordan, apple, may.
"""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CITIES = _names("""
paris london berlin madrid rome vienna lisbon dublin oslo stockholm helsinki copenhagen warsaw
prague budapest athens istanbul moscow kyiv bucharest sofia belgrade zagreb sarajevo tirana riga
vilnius tallinn minsk brussels amsterdam rotterdam antwerp geneva zurich basel bern milan naples
turin florence venice bologna genoa palermo barcelona valencia seville bilbao porto marseille lyon
toulouse bordeaux nantes lille hamburg munich cologne frankfurt stuttgart leipzig dresden bremen
hanover manchester liverpool birmingham leeds sheffield bristol glasgow edinburgh cardiff belfast
chelsea boston chicago houston phoenix dallas austin denver seattle portland detroit memphis
atlanta miami orlando charlotte savannah washington lincoln madison toronto montreal vancouver
ottawa calgary sydney melbourne brisbane perth adelaide auckland wellington tokyo osaka kyoto
nagoya seoul busan beijing shanghai shenzhen delhi mumbai chennai kolkata lahore karachi dhaka
bangkok hanoi manila jakarta cairo alexandria lagos nairobi accra dakar tunis algiers casablanca
lima bogota quito santiago caracas havana victoria kingston lucknow bath hamilton jackson
""")

COUNTRIES = _names("""
france germany spain italy portugal ireland norway sweden finland denmark iceland poland austria
hungary greece turkey russia ukraine romania bulgaria serbia croatia slovenia albania latvia
lithuania estonia belarus belgium netherlands switzerland luxembourg malta cyprus georgia armenia
jordan israel lebanon syria iraq iran qatar kuwait oman yemen egypt libya tunisia algeria morocco
sudan ethiopia kenya uganda tanzania rwanda zambia zimbabwe botswana namibia angola ghana nigeria
senegal mali niger chad cameroon gabon togo benin china japan india pakistan nepal bangladesh
thailand vietnam laos cambodia malaysia singapore indonesia philippines mongolia australia canada
mexico cuba jamaica haiti panama guatemala honduras nicaragua brazil argentina chile peru bolivia
ecuador colombia venezuela uruguay paraguay fiji samoa tonga
""")

REGIONS = _names("""
texas florida ohio oregon nevada utah idaho montana wyoming colorado kansas nebraska iowa missouri
arkansas louisiana alabama mississippi tennessee kentucky virginia maryland delaware pennsylvania
vermont maine michigan wisconsin minnesota illinois indiana arizona california hawaii alaska
bavaria saxony hesse tuscany lombardy sicily sardinia normandy brittany burgundy provence alsace
corsica catalonia andalusia galicia aragon wales cornwall devon kent essex surrey yorkshire ulster
quebec ontario manitoba alberta queensland tasmania punjab kerala bengal gujarat siberia tibet
""")

GIVEN_NAMES = _names("""
anna maria paris james john robert michael william david richard joseph thomas charles daniel
matthew anthony mark paul steven andrew kenneth george joshua kevin brian edward ronald timothy
jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin
samuel gregory frank alexander raymond patrick jack dennis jerry tyler aaron jose adam nathan henry
douglas zachary peter kyle walter jordan austin florence sydney victoria charlotte savannah madison
mary patricia jennifer linda elizabeth barbara susan jessica sarah karen nancy lisa betty margaret
sandra ashley kimberly emily donna michelle dorothy carol amanda melissa deborah stephanie rebecca
laura sharon cynthia kathleen amy angela shirley brenda pamela emma nicole helen samantha katherine
april may june august georgia virginia carolina chelsea india ruby pearl daisy lily rose ivy olive
heather hazel basil
""")

SURNAMES = _names("""
smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez
wilson anderson taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez
lewis robinson walker young allen king wright torres nguyen hill flores green adams nelson baker
hall rivera campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards
collins reyes stewart morris morales murphy cook rogers gutierrez ortiz morgan cooper peterson
bailey reed kelly howard ramos kim cox ward richardson watson brooks chavez wood bennett gray
mendoza ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez jordan
washington lincoln houston london hamilton wellington berlin ireland france holland england kent
ford disney boeing dell bosch siemens ferrari porsche chandler mercer
""")

COMPANIES = _names("""
apple amazon shell orange target gap visa oracle intel nokia ericsson siemens bosch philips sony
toyota honda nissan mazda subaru hyundai kia samsung hitachi toshiba panasonic canon nikon ford
chrysler boeing airbus volvo fiat ferrari porsche renault peugeot michelin danone nestle unilever
cadbury kellogg heinz pepsi starbucks walmart tesco carrefour aldi lidl ikea adidas puma nike
reebok lego mattel hasbro disney netflix spotify google microsoft adobe cisco dell lenovo xerox
kodak pfizer bayer novartis roche merck santander barclays lloyds allianz axa vodafone telefonica
verizon comcast chevron exxon rosneft gazprom caterpillar jaguar dove mars
""")

INSTITUTIONS = _names("""
harvard yale princeton stanford oxford cambridge sorbonne unesco unicef nasa nato interpol opec
fifa uefa caltech cornell dartmouth brown georgetown berkeley heidelberg uppsala coimbra salamanca
""")

TEAMS = _names("""
rovers wanderers rangers united athletic celtic arsenal juventus ajax benfica galatasaray lakers
bulls yankees dodgers giants eagles bears lions tigers ravens falcons panthers jaguars dolphins
raiders chargers patriots cowboys pirates cardinals senators flames sharks bruins penguins
""")

NATIONALITIES = _names("""
french german spanish italian portuguese irish norwegian swedish finnish danish polish austrian
hungarian greek turkish russian ukrainian romanian bulgarian serbian croatian belgian dutch swiss
israeli lebanese syrian iraqi iranian egyptian libyan tunisian algerian moroccan sudanese kenyan
nigerian chinese japanese indian pakistani nepalese thai vietnamese malaysian indonesian australian
canadian mexican cuban jamaican brazilian argentine chilean peruvian bolivian colombian
""")

EVENTS = _names("""
olympics wimbledon eurovision oktoberfest carnival easter christmas ramadan diwali hanukkah
thanksgiving halloween glastonbury woodstock biennale renaissance reformation armistice
""")

MONTHS = _names("""
january february march april may june july august september october november december
""")

DAYS = _names("monday tuesday wednesday thursday friday saturday sunday")

NUMBERS = _names("""
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen twenty thirty
forty fifty sixty seventy eighty ninety 100 150 200 250 300 400 500 600 750 800 900 1000 2000 5000
""")

TOPIC_NOUNS = {
    "food": _names(
        "apple orange lemon mango peach plum cherry olive basil pepper rice bread cheese soup"
    ),
    "music": _names(
        "violin cello flute oboe harp piano guitar trumpet drum opera sonata waltz choir"
    ),
    "science": _names(
        "hydrogen helium carbon oxygen neon iron copper mercury electron proton enzyme"
    ),
    "sport": _names("tennis cricket rugby hockey judo rowing golf boxing cycling fencing archery"),
    "nature": _names(
        "eagle lion tiger panther shark dolphin jaguar dove oak maple heather rose shell"
    ),
    "space": _names(
        "mars venus jupiter saturn neptune comet asteroid galaxy nebula orbit telescope"
    ),
}

POSITIVE_ADJECTIVES = _names("good great excellent lovely superb charming brilliant delightful")
NEGATIVE_ADJECTIVES = _names("bad poor awful dreadful terrible boring horrible dull")

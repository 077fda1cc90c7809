"""Where the people of the data set live: names, places and number formats by region."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """A region.

    :param postcode, phone, mobile: patterns in which ``#`` is a digit.
    :param cities: city and state or province.
    :param mail: ASCII form of the domain's ending.
    """

    country: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    postcode: str
    phone: str
    mobile: str
    mail: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


REGIONS: tuple[Region, ...] = (
    Region(
        "United States",
        _words("James Mary Robert Linda Michael Aisha David Jasmine Tyler Guadalupe Wei Priya"),
        _words("Johnson Williams Brown Garcia Miller Nguyen O'Brien Washington Patel Kowalski"),
        (("Chicago", "IL"), ("Austin", "TX"), ("Boston", "MA"), ("San José", "CA")),
        ("Main Street", "Oak Avenue", "N Michigan Ave", "Lakeview Blvd"),
        "#####",
        "+1 312 555 ####",
        "+1 773 555 ####",
        "com",
    ),
    Region(
        "Sweden",
        _words("Åsa Björn Östen Märta Håkan Linnéa Göran Ebba Sören Fatima"),
        _words("Öberg Åkesson Lindström Sjögren Nyström Hägg Bergström Abdi Wåhlin"),
        (("Stockholm", "Stockholms län"), ("Malmö", "Skåne"), ("Göteborg", "Västra Götaland")),
        ("Drottninggatan", "Sveavägen", "Östra Hamngatan", "Kungsgatan"),
        "### ##",
        "+46 8 555 ## ##",
        "+46 70 ### ## ##",
        "se",
    ),
    Region(
        "Germany",
        _words("Jürgen Käthe Stefan Heike Jörg Günther Anneliese Mehmet Ute Björn"),
        _words("Müller Schäfer Weiß Köhler Groß Özdemir Schröder Böhm Vogel"),
        (("München", "Bayern"), ("Köln", "Nordrhein-Westfalen"), ("Düsseldorf", "")),
        ("Hauptstraße", "Königsallee", "Bahnhofstraße", "An der Mühle"),
        "#####",
        "+49 89 55 ## ## ##",
        "+49 171 #######",
        "de",
    ),
    Region(
        "France",
        _words("François Zoé Élodie Jérôme Aurélie Noël Chloé Gaël Inès Mamadou"),
        _words("Lefèvre Dupré Gagné Bénard Hébert Diallo Léger Garçon D'Amboise"),
        (("Paris", "Île-de-France"), ("Saint-Étienne", "Loire"), ("Nîmes", "Gard")),
        ("rue de l'Église", "avenue Foch", "quai d'Orsay", "place Bellecour"),
        "#####",
        "+33 1 55 ## ## ##",
        "+33 6 ## ## ## ##",
        "fr",
    ),
    Region(
        "Poland",
        _words("Łukasz Małgorzata Paweł Zofia Grażyna Jacek Żaneta Michał"),
        _words("Wójcik Kamiński Dąbrowska Zieliński Gołąb Żak Błaszczyk Śliwa"),
        (("Łódź", "łódzkie"), ("Kraków", "małopolskie"), ("Gdańsk", "pomorskie")),
        ("ul. Piotrkowska", "ul. Długa", "al. Jerozolimskie"),
        "##-###",
        "+48 22 555 ## ##",
        "+48 6## ### ###",
        "pl",
    ),
    Region(
        "Japan",
        ("健太", "美咲", "大輔", "さくら", "翔", "陽子", "直樹"),
        ("佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤", "山本"),
        (("東京", "東京都"), ("大阪市", "大阪府"), ("札幌市", "北海道")),
        ("丸の内一丁目", "梅田二丁目", "大通西三丁目"),
        "###-####",
        "+81 3 5550 ####",
        "+81 90 #### ####",
        "jp",
    ),
    Region(
        "Brazil",
        _words("João Conceição Luís Márcia André Antônia Sérgio Inês Thaís"),
        _words("Gonçalves Araújo Simões Magalhães Corrêa Brandão Leitão"),
        (("São Paulo", "SP"), ("Brasília", "DF"), ("Florianópolis", "SC")),
        ("Avenida Paulista", "Rua das Flores", "Praça da Sé"),
        "#####-###",
        "+55 11 5555 ####",
        "+55 11 9#### ####",
        "br",
    ),
    Region(
        "Israel",
        ("נועה", "דוד", "יעל", "Omer", "Tamar", "Yusuf"),
        ("כהן", "לוי", "Mizrahi", "Haddad", "פרץ"),
        (("תל אביב", ""), ("Haifa", "Haifa District")),
        ("רחוב הרצל", "Dizengoff St", "Ben Gurion Ave"),
        "#######",
        "+972 3 555 ####",
        "+972 54 555 ####",
        "il",
    ),
    Region(
        "India",
        _words("Arjun Lakshmi Rahul Deepika Sanjay Ananya Vikram Meera"),
        _words("Sharma Iyer Reddy Chatterjee Singh Kulkarni Nair Bose"),
        (("Mumbai", "Maharashtra"), ("Bengaluru", "Karnataka"), ("Kochi", "Kerala")),
        ("MG Road", "Linking Road", "Brigade Road"),
        "######",
        "+91 22 5550 ####",
        "+91 98### #####",
        "in",
    ),
    Region(
        "Greece",
        ("Γιώργος", "Ελένη", "Δημήτρης", "Sofia", "Νίκος"),
        ("Παπαδόπουλος", "Ιωάννου", "Georgiou", "Νικολάου"),
        (("Αθήνα", "Αττική"), ("Thessaloniki", "Κεντρική Μακεδονία")),
        ("Λεωφόρος Κηφισίας", "Ερμού", "Tsimiski"),
        "### ##",
        "+30 21 5550 ####",
        "+30 69 5550 ####",
        "gr",
    ),
)

TITLES = (
    "CEO",
    "CFO",
    "Head of Marketing",
    "VP Sales, EMEA",
    "Ingénieur en chef",
    "Geschäftsführer",
    "Purchasing Manager",
    "IT Director",
    "Software Engineer",
    "Redaktör",
    "Analyst",
    "営業部長",
    "Office Manager",
    "Data & Analytics Lead",
    "Gerente de Operações",
)
COMPANY_WORDS = [
    "Fabrikam",
    "Contoso",
    "Northwind",
    "Adatum",
    "Litware",
    "Proseware",
    "Tailspin",
    "Wingtip",
    "Lucerne",
    "Alpine",
    "Margie's",
    "Trey",
    "Consolidated",
    "Fourth",
    "Humongous",
    "Blue",
    "Yonder",
    "Coho",
    "Graphic",
    "Relecloud",
    "Södra",
    "Méridien",
    "Łąka",
    "Grünwald",
    "Aurora",
    "Kestrel",
    "Boréal",
    "Ubiquity",
    "Quillon",
    "Zenith",
]
COMPANY_KINDS = (
    "Trading",
    "Logistics",
    "Insurance",
    "Research",
    "Foods",
    "Energi",
    "Systèmes",
    "Maschinenbau",
    "Holdings",
    "Analytics",
    "Medical",
    "& Sons",
    "製作所",
)
COMPANY_FORMS = ("Inc.", "AB", "GmbH", "S.A.", "Ltd", "sp. z o.o.", "株式会社", "Ltda.", "LLC")
SALUTATIONS = ("Ms.", "Mr.", "Dr.", "Prof.", "Mx.", "Fru", "Herr", "Mme")
LEAD_SOURCES = {
    1: "Advertisement",
    2: "Employee Referral",
    3: "External Referral",
    4: "Partner",
    5: "Public Relations",
    6: "Seminar",
    7: "Trade Show",
    8: "Web",
    9: "Word of Mouth",
    10: "Other",
}
TOPICS = ("Web form", "Trade show visit", "Request for a quote", "Ombyggnad 2026", "Démo demandée")
NOTES = (
    "Met at the fair, wants a call back next week.",
    "Prefers e-mail. Budget is decided in Q3.",
    "Möte bokat; ringer själv upp.",
    "Uses a competitor's product until December.",
)
#: line ends, emoji with joiners and skin tones, right-to-left text, combining accents.
ODD_NOTES = (
    "First line\r\nSecond line\r\n\r\nBest regards 🙂",
    "👩‍💻 asked for 🇸🇪 prices — 👍🏽",
    "השיחה נדחתה ליום שלישי (Tuesday)",
    "Cafe\u0301 next to the office; nai\u0308ve question",
    "line separator\u2028inside, “quotes”, tab\there",
)

"""The demonstration's cast: every person and startup here is invented, and obviously so."""

from dataclasses import dataclass, field
from uuid import UUID

from uuid_utils.compat import uuid7

PARTNERS = {
    "inwi": "Inwi",
    "lydec": "Lydec",
    "holcim": "Holcim",
}


@dataclass(frozen=True)
class Person:
    """Somebody of the programme; `key` is how the demonstration names them, `id` is what events repeat."""

    key: str
    name: str
    role: str
    language: str
    organisation: str | None = None
    id: UUID = field(default_factory=uuid7)
    mailbox: str = "demo.example"

    @property
    def email(self) -> str:
        return f"{self.key}@{self.mailbox}"


@dataclass(frozen=True)
class Startup:
    """An invented startup: its lead, what it proposes, and the challenges it answers in order of preference."""

    name: str
    lead: Person
    title: str
    answers: tuple[str, ...]
    """Challenge keys."""


CHALLENGES: dict[str, dict[str, dict[str, str]]] = {
    "inwi": {
        "title": {
            "fr": "Fluidifier la circulation autour des gares",
            "ar": "تسهيل حركة السير حول المحطات",
            "en": "Ease traffic around the stations",
        },
        "description": {
            "fr": "Les abords des gares sont saturés aux heures de pointe. Comment mesurer et répartir les flux ?",
            "ar": "تعرف محيطات المحطات ازدحاما في أوقات الذروة. كيف نقيس حركة السير ونوزعها؟",
            "en": "Streets around the stations are jammed at rush hour. How could flows be measured and spread?",
        },
    },
    "lydec": {
        "title": {
            "fr": "Réduire les pertes d'eau du réseau",
            "ar": "تقليص ضياع الماء في الشبكة",
            "en": "Lose less water on the way",
        },
        "description": {
            "fr": "Une part de l'eau distribuée se perd avant le robinet. Comment trouver les fuites plus tôt ?",
            "ar": "يضيع جزء من الماء الموزع قبل أن يصل إلى الصنبور. كيف نكتشف التسربات مبكرا؟",
            "en": "Part of the water is lost before it reaches the tap. How could leaks be found earlier?",
        },
    },
    "holcim": {
        "title": {
            "fr": "Des bâtiments moins énergivores",
            "ar": "مبان أقل استهلاكا للطاقة",
            "en": "Buildings that need less energy",
        },
        "description": {
            "fr": "Beaucoup de bâtiments sont sous les normes environnementales. Comment les suivre et les améliorer ?",
            "ar": "كثير من المباني دون المعايير البيئية. كيف نتتبعها ونحسنها؟",
            "en": "Many buildings are below environmental norms. How could they be followed and improved?",
        },
    },
}

# name, lead's invented name, language, title, challenges in order of preference
_STARTUPS = (
    ("Flux Fictif", "Amina Exemple", "fr", "Capteurs de flux à bas coût", ("inwi",)),
    ("Goutte à Goutte Démo", "Bilal Specimen", "ar", "Écoute acoustique des fuites", ("lydec",)),
    ("Murs Imaginaires", "Chaimae Modèle", "fr", "Jumeau thermique des immeubles", ("holcim",)),
    ("Carrefour Inventé", "Driss Factice", "fr", "Feux qui s'accordent aux bus", ("inwi", "holcim")),
    ("Vanne Virtuelle", "Elham Prototype", "ar", "Vannes qui préviennent", ("lydec", "inwi")),
    ("Isola Exemple", "Farid Canevas", "fr", "Isolants de noyaux d'olives", ("holcim",)),
    ("Parking Pour Rire", "Ghita Maquette", "fr", "Places libres en temps réel", ("inwi",)),
    ("Compteur Conté", "Hamza Gabarit", "en", "Meters that explain themselves", ("lydec",)),
    ("Toit Témoin", "Imane Essai", "fr", "Toits frais, mesurés", ("holcim", "lydec")),
    ("Bus Bidon", "Jalil Épreuve", "fr", "Prévoir l'affluence des arrêts", ("inwi",)),
    ("Nappe Notionnelle", "Kenza Ébauche", "ar", "Recharger la nappe", ("lydec",)),
    ("Béton Bavard", "Larbi Croquis", "fr", "Béton qui se raconte", ("holcim",)),
    ("Trottoir Type", "Meryem Esquisse", "fr", "Cheminements sans obstacle", ("inwi", "lydec")),
    ("Fuite Feinte", "Nabil Patron", "fr", "Pression suivie rue par rue", ("lydec",)),
    ("Façade Fictive", "Oumaima Test", "en", "Facades that shade themselves", ("holcim",)),
    ("Scooter Supposé", "Payam Hypothèse", "fr", "Livraisons hors pointe", ("inwi",)),
    ("Citerne Simulée", "Qods Fiction", "ar", "Eaux de pluie partagées", ("lydec", "holcim")),
    ("Énergie d'Essai", "Rachid Invention", "fr", "Consommation par étage", ("holcim",)),
    ("Signal Simulacre", "Salma Illustration", "fr", "Le réseau mobile compte les foules", ("inwi",)),
    ("Robinet Rêvé", "Tarik Imaginaire", "fr", "Robinets qui s'entraident", ("lydec",)),
    ("Chantier Chimère", "Umayma Vignette", "ar", "Chantiers moins bruyants", ("holcim", "inwi")),
    ("Quartier Quidam", "Wassim Quelconque", "fr", "Une rue à la fois", ("inwi",)),
    ("Source Sosie", "Yasmine Pareille", "en", "A twin of the water network", ("lydec",)),
    ("Brique Brouillon", "Zakaria Anonyme", "fr", "Briques de déchets triés", ("holcim",)),
    # The three below have a story of their own: withdrawn, too late, in conflict with a juror.
    ("Retrait Réfléchi", "Aya Renonce", "fr", "Une idée reprise à temps", ("inwi",)),
    ("Minuit Passé", "Badr Tardif", "fr", "Une bonne idée, trop tard", ("lydec",)),
    ("Lien Légitime", "Chadia Liée", "fr", "Le cousin de la jurée", ("holcim",)),
)

REVISED = "Flux Fictif"
WITHDRAWN = "Retrait Réfléchi"
LATE = "Minuit Passé"
IN_CONFLICT = "Lien Légitime"


@dataclass(frozen=True)
class Cast:
    """Everybody who plays a part in one run; their addresses are that run's own."""

    staff: Person
    colleague: Person
    """Of the staff too: one alone publishes nothing."""
    coach: Person
    city: Person
    auditor: Person
    partners: dict[str, Person]
    jurors: tuple[Person, ...]
    startups: tuple[Startup, ...]

    @property
    def people(self) -> tuple[Person, ...]:
        """All who register their address."""
        leads = tuple(startup.lead for startup in self.startups)
        return (self.staff, self.coach, self.city, *self.partners.values(), *self.jurors, *leads)

    def startup(self, name: str) -> Startup:
        return next(startup for startup in self.startups if startup.name == name)


def gather_cast(run: str) -> Cast:
    """The cast, with ids and mailboxes that belong to this run alone."""
    mailbox = f"run-{run}.demo.example"

    def person(key: str, name: str, role: str, language: str, organisation: str | None = None) -> Person:
        return Person(key, name, role, language, organisation, mailbox=mailbox)

    startups = tuple(
        Startup(name, person(f"startup-{number:02d}", lead, "applicant", language), title, answers)
        for number, (name, lead, language, title, answers) in enumerate(_STARTUPS, start=1)
    )
    jurors = tuple(
        person(f"juror-{number}", f"Juré Numéro {number}", "juror", language)
        for number, language in enumerate(("fr", "fr", "ar", "en", "fr", "ar"), start=1)
    )
    return Cast(
        staff=person("staff", "Équipe Numa de Démonstration", "staff", "fr", "numa"),
        colleague=person("colleague", "Collègue de Démonstration", "staff", "ar", "numa"),
        coach=person("coach", "Coach Sans Visage", "coach", "fr", "numa"),
        city=person("city", "Guichet de la Ville Fictive", "city", "ar", "casablanca"),
        auditor=person("auditor", "Auditeur Imaginaire", "auditor", "en"),
        partners={
            slug: person(f"partner-{slug}", f"Responsable Fictif {name}", "partner", "fr", slug)
            for slug, name in PARTNERS.items()
        },
        jurors=jurors,
        startups=startups,
    )

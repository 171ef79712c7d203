"""Words that several letters share, by language: greetings, milestones, reasons, partners."""

from collections.abc import Mapping

GREETING: Mapping[str, str] = {"fr": "Bonjour", "ar": "مرحبا", "en": "Hello"}
COMMA: Mapping[str, str] = {"fr": ",", "ar": "،", "en": ","}

SIGNATURE: Mapping[str, str] = {
    "fr": "L'équipe DataCity",
    "ar": "فريق DataCity",
    "en": "The DataCity team",
}

WHY: Mapping[str, str] = {
    "fr": "Vous recevez ce message parce que vous participez au programme DataCity.",
    "ar": "تتلقى هذه الرسالة لأنك تشارك في برنامج DataCity.",
    "en": "You receive this message because you take part in the DataCity programme.",
}

WHY_INVITED: Mapping[str, str] = {
    "fr": "Vous recevez ce message parce que cette équipe a donné votre adresse pour vous inviter.",
    "ar": "تتلقى هذه الرسالة لأن هذا الفريق أدلى بعنوانك لدعوتك.",
    "en": "You receive this message because this team gave your address to invite you.",
}

ROLES: Mapping[str, Mapping[str, str]] = {
    "editor": {"fr": "rédacteur", "ar": "محرر", "en": "an editor"},
    "reader": {"fr": "lecteur", "ar": "قارئ", "en": "a reader"},
}

KINDS: Mapping[str, Mapping[str, str]] = {
    "kick-off": {"fr": "lancement", "ar": "الانطلاق", "en": "kick-off"},
    "prototype": {"fr": "prototype", "ar": "النموذج الأولي", "en": "prototype"},
    "deployment": {"fr": "déploiement", "ar": "النشر", "en": "deployment"},
    "demo": {"fr": "démonstration", "ar": "العرض", "en": "demo"},
    "other": {"fr": "étape", "ar": "مرحلة", "en": "milestone"},
}

REASONS: Mapping[str, Mapping[str, str]] = {
    "incomplete": {"fr": "le dossier est incomplet", "ar": "الملف غير مكتمل", "en": "the file is incomplete"},
    "off-topic": {
        "fr": "le projet ne répond à aucun des défis",
        "ar": "المشروع لا يستجيب لأي من التحديات",
        "en": "the project answers none of the challenges",
    },
    "not-eligible": {
        "fr": "l'équipe ne remplit pas les conditions de participation",
        "ar": "الفريق لا يستوفي شروط المشاركة",
        "en": "the team does not meet the conditions of participation",
    },
    "duplicate": {
        "fr": "le même projet a déjà été déposé",
        "ar": "سبق تقديم المشروع نفسه",
        "en": "the same project was submitted already",
    },
    "unlawful": {
        "fr": "le projet ne pourrait pas être mené légalement",
        "ar": "لا يمكن تنفيذ المشروع بشكل قانوني",
        "en": "the project could not be carried out lawfully",
    },
}

MOVED: Mapping[str, Mapping[str, str]] = {
    "rescheduled": {
        "fr": "Les dates de l'appel ont été fixées à nouveau avant son ouverture.",
        "ar": "حُددت تواريخ طلب الترشيحات من جديد قبل فتحه.",
        "en": "The dates of the call were set anew before it opens.",
    },
    "postponed": {
        "fr": "L'équipe du programme donne plus de temps.",
        "ar": "منح فريق البرنامج وقتا إضافيا.",
        "en": "The programme team gives more time.",
    },
    "outage": {
        "fr": "Personne n'a pu nous joindre dans les dernières heures avant la date limite : ce temps vous est rendu.",
        "ar": "تعذر على الجميع الوصول إلينا في الساعات الأخيرة قبل الأجل: يعاد إليكم ذلك الوقت.",
        "en": "Nobody could reach us in the last hours before the deadline: that time is given back to you.",
    },
    "tzdata": {
        "fr": "La loi a changé l'heure : le plus tard compte, l'heure annoncée ou l'instant qu'elle désignait.",
        "ar": "غيّر القانون الساعة: يحتسب الأبعد، الوقت المعلن أو اللحظة التي كان يدل عليها.",
        "en": "The law changed the clocks: the later counts, the time that was announced or the instant that it was.",
    },
}
"""Why deadlines moved."""

A_CHALLENGE: Mapping[str, str] = {
    "fr": "un défi du programme",
    "ar": "أحد تحديات البرنامج",
    "en": "a challenge of the programme",
}
A_WORKSHOP: Mapping[str, str] = {"fr": "un atelier", "ar": "ورشة", "en": "a workshop"}


def in_language(words: Mapping[str, str], language: str) -> str:
    """The words in that language, or else in the first that there is: French, English, Arabic, any."""
    for wanted in (language, "fr", "en", "ar"):
        if wanted in words:
            return words[wanted]
    return next(iter(words.values()), "")

"""Plausible values by kind: what a writer makes up when a parameter wants a city or a song."""

POOLS: dict[str, tuple[str, ...]] = {
    "city": (
        "Berlin", "Paris", "Tokyo", "Chicago", "Madrid", "Toronto", "Sydney", "Nairobi", "Lisbon", "Oslo", "Seoul",
        "Mumbai", "Vienna", "Prague", "Dublin", "Boston", "Lima", "Cairo", "Athens", "Helsinki", "Singapore",
    ),
    "country": (
        "Germany", "France", "Japan", "Canada", "Spain", "Kenya", "Brazil", "Norway", "India", "Italy", "Mexico",
        "Australia", "Egypt", "Portugal", "Sweden", "Chile", "Poland", "Greece", "Austria", "Ireland",
    ),
    "country_code": ("DE", "FR", "JP", "CA", "ES", "KE", "BR", "NO", "IN", "IT", "MX", "AU", "US", "GB", "SE", "PL"),
    "country_code3": ("DEU", "FRA", "JPN", "CAN", "ESP", "KEN", "BRA", "NOR", "IND", "ITA", "MEX", "AUS", "USA"),
    "state": ("California", "Texas", "Ohio", "Bavaria", "Ontario", "Victoria", "Florida", "Utah", "Oregon"),
    "continent": ("Europe", "Asia", "Africa", "South America", "North America", "Oceania"),
    "capital": ("Berlin", "Paris", "Tokyo", "Ottawa", "Madrid", "Nairobi", "Oslo", "Rome", "Vienna"),
    "currency": ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "SEK", "INR", "BRL", "NOK", "PLN"),
    "language": ("English", "German", "French", "Spanish", "Japanese", "Italian", "Portuguese", "Dutch"),
    "language_code": ("en", "de", "fr", "es", "ja", "it", "pt", "nl", "pl", "sv"),
    "timezone": (
        "Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC", "Australia/Sydney", "America/Sao_Paulo",
        "Asia/Kolkata", "Africa/Nairobi", "Europe/London", "America/Los_Angeles",
    ),
    "first_name": (
        "Anna", "James", "Maria", "Omar", "Yuki", "Lena", "Carlos", "Priya", "Tom", "Aisha", "Erik", "Sofia",
        "Daniel", "Nora", "Felix", "Grace", "Ivan", "Julia", "Kofi", "Laura",
    ),
    "last_name": (
        "Smith", "Garcia", "Tanaka", "Novak", "Okafor", "Larsen", "Patel", "Rossi", "Weber", "Kim", "Brown",
        "Silva", "Dubois", "Hansen", "Murphy", "Costa",
    ),
    "company": ("Apple", "Siemens", "Toyota", "Nestle", "Spotify", "Intel", "Airbus", "Nokia", "Adobe", "Bosch"),
    "ticker": ("AAPL", "MSFT", "GOOG", "TSLA", "AMZN", "NVDA", "IBM", "ORCL", "SAP", "INTC"),
    "crypto": ("bitcoin", "ethereum", "litecoin", "dogecoin", "cardano", "solana"),
    "color": ("red", "blue", "green", "orange", "purple", "yellow", "black", "white", "teal", "pink"),
    "animal": ("dog", "cat", "horse", "eagle", "dolphin", "tiger", "rabbit", "owl", "wolf", "penguin"),
    "food": ("pizza", "sushi", "lentil soup", "pancakes", "tacos", "risotto", "apple pie", "curry", "ramen"),
    "fruit": ("apple", "banana", "cherry", "mango", "orange", "peach", "plum", "grape", "kiwi", "pear"),
    "movie": ("Inception", "Casablanca", "Parasite", "Gladiator", "Amelie", "Metropolis", "Alien", "Coco"),
    "song": ("Imagine", "Yesterday", "Hallelujah", "Africa", "Waterloo", "Clocks", "Jolene", "Bad Guy"),
    "artist": ("Adele", "Radiohead", "Daft Punk", "Bjork", "Coldplay", "Miles Davis", "Rihanna", "ABBA"),
    "genre": ("rock", "jazz", "comedy", "drama", "classical", "thriller", "pop", "documentary", "fantasy"),
    "book": ("Dune", "Emma", "Ulysses", "Hamlet", "The Hobbit", "Walden", "Persuasion", "Beloved"),
    "author": ("Jane Austen", "Leo Tolstoy", "Toni Morrison", "Haruki Murakami", "Mary Shelley", "Homer"),
    "team": ("Arsenal", "Juventus", "Ajax", "Lakers", "Yankees", "Benfica", "Celtic", "Red Sox"),
    "player": ("Lionel Messi", "Serena Williams", "LeBron James", "Roger Federer", "Simone Biles"),
    "league": ("Premier League", "La Liga", "Bundesliga", "NBA", "Serie A", "NHL"),
    "sport": ("football", "tennis", "basketball", "hockey", "rugby", "baseball", "cricket"),
    "element": ("H", "He", "C", "N", "O", "Na", "Mg", "Al", "Si", "Cl", "Fe", "Cu", "Ag", "Au"),
    "formula": ("H2O", "CO2", "NaCl", "C6H12O6", "CH4", "NH3", "H2SO4", "CaCO3", "C2H5OH", "Fe2O3", "KOH", "HNO3"),
    "planet": ("Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"),
    "airport": ("JFK", "LHR", "CDG", "FRA", "HND", "SIN", "AMS", "MAD", "YYZ", "OSL"),
    "product": ("headphones", "coffee maker", "desk lamp", "running shoes", "backpack", "keyboard", "water bottle"),
    "word": (
        "level", "garden", "window", "rocket", "silver", "planet", "bottle", "guitar", "mirror", "forest", "listen",
        "banana", "puzzle", "orange", "summer", "winter", "castle", "pencil", "racecar", "noon", "dragon", "copper",
        "cheese", "market", "tunnel", "violin", "harbor", "island", "marble", "ladder", "candle", "engine",
    ),
    "topic": (
        "climate change", "space exploration", "electric cars", "world cup", "machine learning", "gardening",
        "solar energy", "travel photography", "board games", "healthy recipes", "remote work", "urban planning",
    ),
    "domain": ("example.com", "openlibrary.org", "python.org", "museum.net", "weather.io", "shop.example.org"),
    "path": ("/var/log/app.log", "docs/readme.md", "src/main.py", "images/photo.png", "reports/2024/summary.pdf"),
    "mac": ("00:1A:2B:3C:4D:5E", "A4:5E:60:C1:22:9F", "08:00:27:9B:44:10", "F0:18:98:3A:7C:D2"),
    "ipv6": ("2001:db8::1", "fe80::1", "2001:db8:85a3::8a2e:370:7334", "::1"),
    "uuid": (
        "123e4567-e89b-12d3-a456-426614174000", "9b2f8c1e-4a6d-4f7b-8c3e-2d1a0b9c8d7e",
        "550e8400-e29b-41d4-a716-446655440000",
    ),
    "isbn": ("9780306406157", "9783161484100", "9780140449136", "9781861972712", "9780131103627"),
    "isbn10": ("0306406152", "0140449132", "0131103628"),
    "iban": ("DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606"),
    "card": ("4111111111111111", "5500005555555559", "4012888888881881", "6011111111111117", "378282246310005"),
    "ean": ("4006381333931", "5901234123457", "9780201379624"),
    "roman": ("XIV", "MCMXC", "XLII", "CDXLIV", "MMXXIV", "IX", "LXXVIII", "DCLXVI", "XCIX"),
    "morse": ("... --- ...", ".... .. ", "-- --- .-. ... .", "- . ... -"),
    "base64": ("SGVsbG8=", "V29ybGQ=", "RGF0YQ==", "UHl0aG9u", "QmFzZTY0"),
    "dna": ("ATGCGTA", "GATTACA", "CCGGTTAA", "ATGGCCATTG", "TTAGGGCA", "ACGTACGTGC"),
    "brackets": ("([]{})", "(()())", "{[()]}", "((a+b)*c)", "[(])", "(()"),
    "expression": ("2 * (3 + 4)", "10 / 4 + 7", "(8 - 3) * 5", "2 ** 5 - 1", "100 - 6 * 7", "(1 + 2) * (3 + 4)"),
    "zip": ("10001", "90210", "60614", "94105", "33139", "75001"),
    "hex_color": ("#FF8800", "#1E90FF", "#2E8B57", "#FFD700", "#800080", "#00CED1", "#DC143C"),
    "phone": ("+14155552671", "+442071838750", "+4930901820", "+33142685300", "+81312345678"),
    "version": ("1.2.3", "2.0.0", "0.9.14", "3.11.4", "10.1.0", "1.0.0"),
    "cron": ("0 9 * * 1", "*/15 * * * *", "30 6 1 * *", "0 0 * * 0"),
    "note": ("C4", "A4", "F#3", "G5", "D4", "E2", "B3"),
    "zodiac": ("Aries", "Leo", "Virgo", "Libra", "Pisces", "Gemini"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month_name": ("January", "March", "May", "July", "September", "November"),
    "unit_length": ("meter", "kilometer", "mile", "foot", "inch", "yard"),
    "blood": ("A+", "O-", "B+", "AB-", "O+"),
}  # fmt: skip

SUBJECTS = (
    "the quick brown fox", "our new office", "the old library", "a small team", "the morning train", "my neighbor",
    "the science club", "a curious child", "the local bakery", "the night sky", "her first novel", "the garden",
)  # fmt: skip
VERBS = (
    "jumps over", "opens near", "welcomes", "describes", "passes by", "looks like", "helps", "reminds us of",
    "works with", "waits for", "surprises", "belongs to",
)  # fmt: skip
OBJECTS = (
    "the lazy dog", "the river", "many visitors", "an old friend", "the big market", "a quiet village",
    "the whole city", "bright colors", "the summer festival", "a better idea", "every student", "the last bus",
)  # fmt: skip


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())

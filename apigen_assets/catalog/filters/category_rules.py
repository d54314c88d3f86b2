"""The words and folders that tell a category, for `categories`. Data, kept apart so that it can be read and edited."""

from apigen_assets.domain.api import CATEGORIES

_WORDS = {
    "Finance": """
        stock stocks ticker tickers crypto cryptocurrency cryptocurrencies bitcoin ethereum litecoin btc eth blockchain
        coin coins coinbase coingecko token tokens wallet nft nfts opensea defi exchange currency currencies forex fx
        finance financial bank banks banking iban swift bic loan loans mortgage interest invest investing investment
        investor investors portfolio dividend dividends earnings equity equities etf etfs fund funds bond bonds yield
        treasury market markets trading trade trader candle candlestick ohlc nasdaq nyse nse bse ipo sec filings tax
        taxes vat gst salary payroll inflation gdp economic economy monetary commodity commodities gold silver platinum
        metal metals option options futures indicator moving macd rsi ema sma bollinger stochastic oscillator payback
        depreciation amortization annuity compound amortisation payment payments payoff insurance credit quote quotes
        securities security hedge price_history volatility sabr money cash accounting invoice budget
    """,
    "Sports": """
        sport sports football soccer basketball baseball cricket rugby tennis hockey golf nba nfl nhl mlb mma ufc wnba
        boxing motorsport formula f1 nascar volleyball handball league leagues tournament tournaments season seasons
        team teams player players match matches fixture fixtures standings standing scores livescore odds betting bet
        sportsbook bookmaker prediction predictions tip tips athlete coach stadium referee lineup lineups goal goals
        championship cup racing horse fifa premier bundesliga laliga serie uefa olympics batting bowling wicket innings
        pitch fantasy workout_score sprint marathon transfermarkt h2h
    """,
    "Travel": """
        travel trip trips flight flights airline airlines airport airports hotel hotels booking bookings airbnb rental
        rentals hostel vacation destination destinations itinerary tour tours tourism tourist visa passport train trains
        railway rail bus buses transit taxi ride carpool ferry cruise car cars vehicle vehicles vin parking fuel gas
        traffic route routes routing directions map maps mapping geocode geocoding geocoder address addresses place
        places poi nearby distance aircraft airplane airplanes plane pnr irctc gasoline toll luggage tile tiles vector
        driving drive navigation location locations
    """,
    "Data": """
        data dataset datasets database records registry search searching query lookup geo geography country countries
        city cities state states county counties region regions province district districts postal postcode zip zipcode
        timezone timezones census population statistics demographic open government police crime crimes list scraper
        scrape scraping serp google bing person name names identity verification aggregate duplicates sort filter table
        rows columns csv merge group rank ranking records normalise normalize sample
    """,
    "Technology": """
        technology tech software developer code compiler compile execute programming github gitlab git api server
        servers cloud azure aws docker kubernetes devops deployment hosting domain domains dns whois ip ipv4 ipv6 asn
        subnet network networking port proxy vpn ssl tls certificate security malware virus phishing threat
        vulnerability cve hash encryption encrypt decrypt password captcha bot bots ai ml model models nlp gpt chatgpt
        openai llm machine learning neural sentiment classification ocr detection recognition face facial speech tts
        voice transcribe browser useragent user_agent website web webpage html css javascript json xml seo uptime
        monitoring ping iot device devices sensor sensors wifi router android ios app apps mobile computer hardware
        latency url download
    """,
    "Social": """
        social instagram twitter tweet tweets tiktok facebook linkedin_profile reddit snapchat pinterest telegram
        discord follower followers following follow hashtag hashtags post posts feed story stories reel reels likes
        liker likers comment comments influencer retweet retweeters friends dating profile profiles timeline username
        media_id tokapi scraptik geeklist user users
    """,
    "Media": """
        media news article articles headline headlines newspaper journalist press rss feed publisher magazine blog video
        videos youtube vimeo subtitle subtitles caption captions stream streaming channel channels playlist image images
        photo photos picture pictures gif gifs giphy thumbnail podcast podcasts radio camera jpeg png resize crop filter
        watermark wallpaper unsplash icon icons render frame
    """,
    "Entertainment": """
        entertainment movie movies film films tv series show shows episode imdb tmdb actor actors actress netflix cinema
        anime manga comic comics cartoon marvel character characters joke jokes meme memes funny fun quote_of quotes
        saying wisdom trivia quiz riddle riddles horoscope horoscopes zodiac astrology tarot lottery lotto draw draws
        euromillions powerball jackpot celebrity celebrities webtoon novel disney pokemon_card potter thrones
        chuck norris insult fact dad
    """,
    "Tools": """
        tool tools generator generate converter convert conversion calculator calculate validate validator validation
        format formatter qr qrcode barcode shortener shorten short link links uuid random pdf document documents word
        excel template templates screenshot clipboard counter timer stopwatch unit units encode encoder decode decoder
        encoding base64 markdown text slug case roman numeral morse caesar cipher checksum date dates time times
        timestamp calendar weekday holiday holidays age duration replace split anagram anagrams letters words count
        readability
    """,
    "Math": """
        math maths mathematics mathematical arithmetic algebra equation equations quadratic polynomial polynomials
        matrix matrices vector vectors determinant eigenvalue geometry geometric triangle circle area volume angle
        polygon trigonometry sine cosine tangent logarithm exponent factorial fibonacci prime primes gcd lcm divisor
        divisors modulo modular integer integers integral derivative calculus statistics statistical mean median mode
        variance deviation percentile quantile correlation regression probability permutation permutations combination
        combinations binomial distribution bayes fraction fractions ratio root roots theory sum series sequence
        hypothesis outliers
    """,
    "Business": """
        business company companies corporate enterprise crm lead leads customer customers client clients sales campaign
        campaigns marketing advertising ads advertisement survey surveys nps job jobs career careers resume recruiting
        recruitment employee employees hr hiring employer project projects task tasks workflow appointment appointments
        scheduling booking_system invoice invoices contract contracts logistics shipping shipment tracking supplier
        procurement organization organizations office case cases quickbooks salesforce hubspot ticket tickets
        reservation trademark
    """,
    "Music": """
        music song songs artist artists album albums track tracks lyrics lyric spotify soundcloud deezer shazam
        billboard chart charts genre genres musical audio mp3 concert concerts band bands playlist melody chord
        chords note notes tempo bpm guitar piano scale octave pitch radio_station genius vinyl
    """,
    "Gaming": """
        game games gaming gamer steam xbox playstation nintendo fortnite minecraft roblox valorant dota lol csgo esport
        esports pubg hearthstone clash chess pokemon diablo tibia trackmania warzone apex legends league_of_legends
        dice sudoku puzzle quest guild twitch rpg rocket card cards deck mtg
    """,
    "Commerce": """
        commerce ecommerce product products shop shops shopping store stores cart basket checkout order orders amazon
        ebay aliexpress alibaba walmart etsy shopify asin price prices pricing discount discounts coupon coupons deal
        deals offer offers retail seller sellers buyer brand brands catalog inventory sku marketplace merchant review
        reviews wholesale grocery fashion shoes wine wines buy sell
    """,
    "Environment": """
        environment environmental weather forecast forecasts temperature humidity rain rainfall precipitation snow wind
        storm climate meteo meteorological air pollution aqi carbon co2 emission emissions energy electricity solar
        renewable power earthquake earthquakes wildfire flood tide tides ocean marine water river forest uv pollen
        recycling sustainability barometric dew sunrise
    """,
    "Education": """
        education educational school schools university universities college course courses student students teacher
        teachers exam exams lesson lessons learn learning dictionary definition definitions synonym synonyms thesaurus
        word_of vocabulary grammar spelling book books library author authors isbn literature poem poems poetry history
        historical wikipedia encyclopedia quran bible hadith verse drill drills study grade grades science_fair question
        questions
    """,
    "Communication": """
        communication email emails mail mailbox inbox smtp imap sms message messages messaging whatsapp phone telephone
        number_lookup call calls voip chat conversation translate translation translator language languages notification
        notifications push otp verify_email disposable contact contacts fax mms
    """,
    "Lifestyle": """
        lifestyle food recipe recipes ingredient ingredients meal meals restaurant restaurants menu cooking cuisine
        cocktail cocktails drink drinks beer wine_pairing coffee pizza dish dishes pet pets dog dogs cat cats breed
        breeds fashion_style beauty makeup hair home house garden gardening furniture wedding baby event events hobby
        diy tattoo real estate property
    """,
    "Health": """
        health healthcare medical medicine doctor doctors hospital hospitals patient patients drug drugs pharmacy
        disease diseases symptom symptoms diagnosis covid covid19 coronavirus vaccine vaccination virus cancer diabetes
        blood heart bmi bmr calorie calories nutrition nutritional diet fitness exercise exercises workout workouts gym
        muscle yoga weight mental sleep dose dosage pregnancy body clinical protein
    """,
    "Science": """
        science scientific physics physical chemistry chemical element elements periodic atom molecule molecular molar
        mass compound reaction biology biological gene genes genome dna protein species animal animals plant plants
        bird astronomy astronomical planet planets star stars moon lunar solar_system galaxy asteroid asteroids nasa
        space satellite satellites orbit rocket_launch gravity velocity acceleration force momentum kinetic wavelength
        frequency thermodynamic density pressure voltage resistance circuit nobel arxiv
    """,
}

WORDS: dict[str, frozenset[str]] = {category: frozenset(text.split()) for category, text in _WORDS.items()}
"""Words that speak for a category."""

FOLDERS: dict[str, tuple[str, float]] = {
    "Sports": ("Sports", 9),
    "Finance": ("Finance", 8),
    "Financial": ("Finance", 7),
    "Cryptography": ("Finance", 2),
    "Payments": ("Finance", 4),
    "Music": ("Music", 7),
    "Gaming": ("Gaming", 7),
    "Weather": ("Environment", 7),
    "Energy": ("Environment", 5),
    "Travel": ("Travel", 7),
    "Transportation": ("Travel", 6),
    "Location": ("Data", 4),
    "Mapping": ("Travel", 5),
    "Food": ("Lifestyle", 6),
    "Health_and_Fitness": ("Health", 6),
    "Medical": ("Health", 6),
    "Education": ("Education", 5),
    "Science": ("Science", 4),
    "News_Media": ("Media", 5),
    "Video_Images": ("Media", 6),
    "Media": ("Media", 4),
    "Movies": ("Entertainment", 7),
    "Entertainment": ("Entertainment", 3),
    "Social": ("Social", 7),
    "Reward": ("Commerce", 3),
    "Commerce": ("Commerce", 6),
    "eCommerce": ("Commerce", 7),
    "Business": ("Business", 3),
    "Business_Software": ("Business", 3),
    "Advertising": ("Business", 3),
    "Jobs": ("Business", 6),
    "Logistics": ("Business", 5),
    "Events": ("Lifestyle", 3),
    "Email": ("Communication", 6),
    "SMS": ("Communication", 6),
    "Communication": ("Communication", 4),
    "Translation": ("Communication", 5),
    "Text_Analysis": ("Technology", 4),
    "Artificial_Intelligence_Machine_Learning": ("Technology", 5),
    "Visual_Recognition": ("Technology", 5),
    "Cybersecurity": ("Technology", 6),
    "Devices": ("Technology", 4),
    "Monitoring": ("Technology", 3),
    "Storage": ("Technology", 4),
    "Database": ("Data", 1.5),
    "Search": ("Data", 3),
    "Data": ("Data", 2),
    "Tools": ("Tools", 3),
    "Other": ("Other", 1),
}
"""ToolBench's folder to the category it speaks for, and how strongly; vague folders hardly do."""

MODULES: dict[str, str] = {
    "astronomy": "Science",
    "chemistry": "Science",
    "data_management": "Data",
    "dates_times": "Tools",
    "descriptive_statistics": "Math",
    "encoding": "Tools",
    "environment": "Environment",
    "everyday": "Lifestyle",
    "finance": "Finance",
    "geometry": "Math",
    "health": "Health",
    "linear_algebra": "Math",
    "mathematics": "Math",
    "music": "Music",
    "networking": "Technology",
    "number_theory": "Math",
    "physics": "Science",
    "sports": "Sports",
    "text": "Tools",
    "timestamps": "Tools",
    "travel": "Travel",
    "units": "Tools",
    "validation": "Tools",
}
"""Module of the built-in functions to category: each module is one domain."""

for _category, _ in FOLDERS.values():
    assert _category in CATEGORIES

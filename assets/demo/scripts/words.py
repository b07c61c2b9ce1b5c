"""Word lists of the demo's generators: what training may use, and what only "novel" items use.

Each pair (seen, novel) is disjoint. It holds words only, no logic.
"""

# ruff: noqa: E501


def _split(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


DATE_SUBJECTS = _split(
    "The lease ends,The invoice is due,Her birthday is,The visa expires,Delivery is planned,"
    "The meeting is,The contract starts,He joined us,The warranty ends,The course begins,"
    "The audit is,We open"
)
DATE_SUBJECTS_NOVEL = _split(
    "The bridge was finished,My passport runs out,The fair takes place,She retired,"
    "The last train ran,The patent was filed"
)

ITEMS = _split(
    """desk lamps, paper cups, blue pens, office chairs, staplers, red folders, notebooks, printers,
    coffee mugs, towels, batteries, keyboards, phone cases, envelopes, markers, water bottles,
    wall clocks, door signs, rulers, calendars, aprons, umbrellas, tea pots, garden hoses,
    light bulbs, backpacks, glue sticks, cable ties, plastic boxes, whiteboards, name tags,
    rubber gloves, erasers, wooden trays, cushions, mirrors, headsets, trash bags, candles, hammers"""
)
ITEMS_NOVEL = _split(
    """brass hooks, silk scarves, bar stools, fountain pens, yoga mats, bread knives, tennis balls,
    picture frames, flower pots, lunch bags, safety vests, travel adapters, paint brushes,
    desk fans, steel bowls, wool blankets"""
)
CITIES = _split(
    """Osaka, Paris, Berlin, Chicago, Madrid, Toronto, Tokyo, London, Rome, Dublin, Vienna, Boston,
    Seattle, Sydney, Kyoto, Lisbon, Prague, Oslo, Denver, Dallas, Milan, Munich, Geneva, Nagoya,
    Austin, Athens, Warsaw, Helsinki, Zurich, Montreal, Houston, Delhi, Mumbai, Cairo, Lima,
    Bangkok, Singapore, Miami, Phoenix, Atlanta"""
)
CITIES_NOVEL = _split(
    """Sapporo, Lyon, Hamburg, Portland, Seville, Vancouver, Glasgow, Naples, Salzburg, Melbourne,
    Kobe, Porto, Brno, Bergen, Memphis, Nairobi"""
)
PRODUCTS = _split(
    """lamp, printer, chair, headset, tablet, kettle, camera, desk, router, monitor, keyboard,
    speaker, jacket, watch, phone, vacuum, fan, heater, mixer, bike, toaster, mirror, sofa, drill"""
)
PRODUCTS_NOVEL = _split(
    """projector, guitar, telescope, blender, microwave, backpack, scooter, tent, violin, freezer,
    carpet, thermostat"""
)

AMOUNT_SUBJECTS = _split(
    "Rent,Price,Budget,Total,Deposit,Cost,Sales,Fee,Salary,Bonus,Loan,Profit,Tax,Fine"
)
AMOUNT_SUBJECTS_NOVEL = _split("Ransom,Turnover,Scholarship,Donation,Refund,Prize")
LENGTH_SUBJECTS = _split("Distance,Route,Walk,Track,Tunnel,Race,Fence,Road")
LENGTH_SUBJECTS_NOVEL = _split("Coastline,Detour,Pipeline,Marathon")
MASS_SUBJECTS = _split("Weight,Load,Parcel,Rice,Flour,Cargo,Luggage,Box")
MASS_SUBJECTS_NOVEL = _split("Pumpkin,Anvil,Potatoes,Suitcase")

NOUNS = _split(
    """dog, table, apple, car, tree, house, book, chair, river, window, flower, school, garden, pen,
    cup, plate, shoe, shirt, hat, road, bridge, train, ship, plane, horse, cow, duck, goat, lion,
    bear, frog, snake, spider, rabbit, monkey, elephant, teacher, doctor, farmer, student, friend,
    brother, sister, king, queen, artist, lamp, clock, phone, radio, door, floor, wall, roof, star,
    cloud, storm, island, lake, hill, mountain, forest, desert, village, town, street, market, shop,
    bank, hotel, park, museum, song, game, story, letter, word, number, picture, map, ticket, bag"""
)
NOUNS_HELD = _split(
    """cat, bird, boy, girl, hand, eye, leg, arm, finger, nose, box, fox, bus, dish, church, watch,
    city, baby, lady, party, country, puppy, berry, cherry, leaf, wolf, knife, wife, child, foot,
    tooth, mouse, day, key, toy, pear, orange, banana, lemon, carrot, potato, tomato, onion,
    egg, cake, spoon, fork, bowl, bottle, pan, truck, boat, wheel, engine, candle, mirror,
    pillow, blanket, bed, sofa, carpet, curtain, ladder, hammer, nail, rope, basket, button, coat,
    sock, glove, ring, crown, sword, shield, castle, tower, tunnel, garage, airport, station,
    library, office, factory, farm, tiger, camel, zebra, whale, shark, eagle, parrot, turtle, ant,
    field, ocean, cave, wind, rain, stone, brick, mine, room, kitchen, brush, mop, pot,
    kettle, stove, fridge, sink, bath, towel, soap, comb, scarf, belt, boot, jacket, dress, skirt,
    sweater, pocket, zipper, needle, thread, knot, flag, banner, poster, photo, frame, statue, tray, mug, jar, drawer, shelf, bench, fence, gate"""
)
NOUNS_NOVEL = _split(
    """planet, rocket, robot, pirate, dragon, wizard, hunter, singer, dancer, painter, writer, actor,
    driver, pilot, sailor, soldier, nurse, lawyer, judge, baker, violin, guitar, piano, drum, flute,
    trumpet, magnet, battery, camera, computer, keyboard, printer, screen, cable, tractor, bicycle,
    helmet, umbrella, pencil, eraser, ruler, notebook, calendar, envelope, stamp, parcel, wallet,
    coin, diamond, emerald, volcano, glacier, canyon, valley, meadow, beach, harbor,
    lighthouse, penguin, dolphin, octopus, lizard, beetle, butterfly, hedgehog, squirrel, raccoon,
    satellite, telescope, comet, asteroid, microscope, laser, submarine, helicopter, balloon,
    parachute, skateboard, sled, tent, lantern, compass, backpack, hammock, waterfall"""
)
IRREGULAR = {
    "child": "children", "foot": "feet", "tooth": "teeth", "mouse": "mice", "leaf": "leaves",
    "wolf": "wolves", "knife": "knives", "shelf": "shelves", "wife": "wives", "potato": "potatoes",
    "tomato": "tomatoes",
}  # fmt: skip
CAPITALS = dict(
    pair.split(":")
    for pair in _split(
        """Germany:Berlin, Italy:Rome, Portugal:Lisbon, Greece:Athens, Poland:Warsaw, Sweden:Stockholm,
        Finland:Helsinki, Denmark:Copenhagen, Ireland:Dublin, Belgium:Brussels, Hungary:Budapest,
        Romania:Bucharest, Bulgaria:Sofia, Japan:Tokyo, Chile:Santiago, Colombia:Bogotá, Egypt:Cairo,
        Morocco:Rabat, Ghana:Accra, Nigeria:Abuja, Iran:Tehran, Iraq:Baghdad, Lebanon:Beirut,
        Vietnam:Hanoi, Thailand:Bangkok, Uganda:Kampala, Zambia:Lusaka, Senegal:Dakar"""
    )
)
CAPITALS_HELD = dict(
    pair.split(":")
    for pair in _split(
        """France:Paris, Spain:Madrid, Austria:Vienna, Norway:Oslo, Russia:Moscow, Ukraine:Kyiv,
        Croatia:Zagreb, Serbia:Belgrade, Peru:Lima, Cuba:Havana, Argentina:Buenos Aires,
        Venezuela:Caracas, Ecuador:Quito, Jamaica:Kingston, Kenya:Nairobi, Ethiopia:Addis Ababa,
        Somalia:Mogadishu, Tunisia:Tunis, Syria:Damascus, Jordan:Amman, Turkey:Ankara, Qatar:Doha,
        Nepal:Kathmandu, Bangladesh:Dhaka, Indonesia:Jakarta, Cambodia:Phnom Penh, China:Beijing,
        Taiwan:Taipei, Canada:Ottawa, Iceland:Reykjavik, Latvia:Riga, Lithuania:Vilnius,
        Estonia:Tallinn, Scotland:Edinburgh, Wales:Cardiff, Mexico:Mexico City"""
    )
)
CAPITALS_NOVEL = dict(
    pair.split(":")
    for pair in _split(
        """England:London, Zimbabwe:Harare, Rwanda:Kigali, Malaysia:Kuala Lumpur, Uruguay:Montevideo,
        Paraguay:Asunción, Georgia:Tbilisi, Armenia:Yerevan, Laos:Vientiane, Libya:Tripoli,
        Algeria:Algiers, Angola:Luanda, Mali:Bamako, Namibia:Windhoek, Afghanistan:Kabul, Oman:Muscat,
        Mozambique:Maputo, Australia:Canberra, Madagascar:Antananarivo, Albania:Tirana"""
    )
)
SYMBOLS = dict(
    pair.split(":")
    for pair in _split(
        "iron:Fe, copper:Cu, carbon:C, nitrogen:N, calcium:Ca, zinc:Zn, lithium:Li, argon:Ar"
    )
)
SYMBOLS_HELD = dict(
    pair.split(":")
    for pair in _split(
        """oxygen:O, hydrogen:H, sodium:Na, silver:Ag, potassium:K, magnesium:Mg, chlorine:Cl,
        phosphorus:P, aluminum:Al, nickel:Ni, cobalt:Co, titanium:Ti, neon:Ne, uranium:U, iodine:I,
        mercury:Hg, barium:Ba, boron:B, sulfur:S, lead:Pb"""
    )
)

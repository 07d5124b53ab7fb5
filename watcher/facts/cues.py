"""The words that show a fact, by role and language. A star stands for any ending.

A table has one entry a line, ``languages/value: words``; a line that starts with a blank goes on with the entry before.
Lists err on the side of whole words where a beginning would take in something else: ``plan*`` would be a planet,
``agree*`` an agreement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from watcher.facts.lexicon import Entry, Role
from watcher.facts.numbers import number_words
from watcher.facts.tables import rows, steps

# --- plans of so many points -------------------------------------------------------------------------------------

# "adj" marks words that make an adjective of the number: "28-punktowy plan", "28 maddelik".
_POINT: Final = """
en: point points pointer
fr: point points
uk ru be: пункт пункта пункту пункти пунктів пунктам пунктами пунктах пунктом пунктов пункты пунктаў пункце
uk ru be/adj: пунктн* пунктов* пунктав*
de: punkt punkte punkten
de/adj: punkteplan* punkteprogramm* punktepapier* punktevorschl* punkteentw* punktig*
pl: punkt punkty punktów punktom punktami punktach punktu
pl/adj: punktow*
es: punto puntos
ca: punt punts
it: punto punti
pt: ponto pontos
ro: punct puncte punctele punctelor
cs sk: bod body bodů bodu bodech bodům bodov bodoch bodmi bodom
cs sk/adj: bodov*
tr az: madde maddeler* maddeye maddeyi maddesi* noktaya
tr az/adj: maddelik maddeli* maddeden noktalı* bəndlik bəndli* maddəlik
ar: نقطة نقاط بند بندا بنود نقطه بندًا
bg mk: точка точки точките
bg mk/adj: точков*
nl: punt punten
nl/adj: puntenplan* puntsplan* punts
sv da no: punkt punkter punkterna punkterne punktene
sv da no/adj: punktsplan* punktersplan* punktplan* punktsprogram* punktsförsl* punktsforsl* punktsavtal* punkts
fi/adj: kohdan kohdasta kohtaa kohtai* kohtaisen kohtainen kohtaan pisteen
hu/adj: pontos pontból pontja pontot ponttal pontra pont pontja*
el: σημεία σημείων σημείο
el/adj: σημειακ*
he: נקודות נקודה סעיפים סעיף
sr hr bs: tačaka tačke tačka tački točaka točke točka тачака тачке тачка тачки
sr hr bs/adj: tačk* тачк*
sl: točk točke točka točkah točkami
sl/adj: točkovn*
lt/adj: punktų punktai punktus punkto punktais
lv/adj: punktu punkti punktiem punkta
et/adj: punkti punktist punktiline punktilise punktilist punktid
ka/adj: პუნქტ*
fa/adj: ماده مادهای بند بندی نکته
vi/adj: điểm
id: poin butir
sq: pika pikash pikësh
"""

_PLAN: Final = """
en: plan plans proposal* framework* document documents draft drafts text texts deal deals agreement* accord
    accords formula initiative* blueprint* roadmap* version versions alternative* counterproposal* counterplan
    settlement* memorandum* ultimatum* strategy paper papers treaty declaration* scheme peace package outline
    wishlist pact list
uk: план плану плани планом плані планів проєкт* проект* документ* пропозиц* угод* формул* ініціатив* версі*
    варіант* альтернатив* контрпропозиц* меморандум* ультиматум* договір* договор* деклараці* текст* мирн*
    стратегі* дорожн* перелік* список* рамков* драфт*
ru: план плана плану планом плане планы планов проект* документ* предложен* соглашен* договор* формул*
    инициатив* верси* вариант* альтернатив* контрпредложен* меморандум* ультиматум* деклараци* текст* мирн*
    стратеги* дорожн* перечень перечня список списка рамочн* сделк* урегулирован*
be bg mk sr: план плана плане планът планот плану дакумент* прапанов* пагаднен* предложени* споразумени*
    предлог* споразум* мирен мирни* мірн* документ* нацрт* проект* рамка рамков* договор*
de: plan plans pläne plänen planes entwurf* entwürf* vorschlag* vorschläg* vorschlages text texte textes
    dokument* abkommen* papier* initiative* vertrag* vereinbarung* frieden* rahmen* gegenvorschlag* gegenentw*
    gegenplan* liste formel* fassung* version* alternativ* friedensplan* memorandum* ultimatum programm*
fr: plan plans proposition* document* texte textes accord accords initiative* projet projets feuille formule*
    version* alternative* ébauche* mémorandum ultimatum paix traité* cadre liste brouillon
pl: plan plany planu planem planie planów propozycj* dokument* projekt* tekst* porozumieni* umow* inicjatyw*
    formuł* wersj* alternatyw* kontrpropozycj* memorandum ultimatum pokoj* pokój traktat* ramow* list* szkic*
es ca: plan planes propuesta* documento* texto* acuerdo* iniciativa* fórmula* versión versiones borrador*
    alternativa* contrapropuesta* hoja memorando* ultimátum paz tratado* proyecto* lista pla plans proposta*
    acord* pau document* esborrany
it: piano piani proposta proposte documento documenti testo accordo accordi iniziativa bozza bozze formula
    versione alternativa controproposta memorandum ultimatum pace trattato quadro progetto
pt: plano planos proposta* documento* texto* acordo* iniciativa* fórmula* versão esboço* rascunho* minuta*
    alternativa* contraproposta* memorando* ultimato* paz tratado* quadro projeto* projecto*
ro: plan planul planului planuri propuner* document* text textul acord* inițiativ* formul* versiun* schiț*
    alternativ* contrapropuner* memorandum* ultimatum* pace pacea păcii tratat* proiect*
cs sk: plán plánu plánem plány plánů plánom pláne návrh* dokument* text* dohod* iniciativ* vzorec verz*
    alternativ* protinávrh* memorandum* ultimát* mír míru mírov* mier* mierov* smlouv* zmluv* rámc* rámec seznam
tr az: plan planı planın planını planına planda plandan planla planının planında teklif* öneri* taslak* taslağ*
    belge* anlaşma* metin metn* girişim* barış* formül* sürüm* çerçeve* sülh*
ar: خطة خطته خطتها مقترح مقترحا مقترحات وثيقة مبادرة اتفاق اتفاقا اتفاقية سلام مسودة صيغة نص إطار عرض مشروع
fa: طرح پیشنهاد صلح توافق سند
nl: plan plannen voorstel* document* tekst akkoord* overeenkomst* initiatief vredesplan* vredes* vrede ontwerp*
    concept* tegenvoorstel* versie*
sv da no: plan planen planer planene planerna förslag* forslag* dokument* text* tekst* avtal* aftale* avtale*
    fredsplan* freds* fred utkast* udkast* initiativ* version* versjon*
fi et: suunnitelma* ehdotu* ehdotuk* asiakirja* sopimu* rauha* rauhan* luonno* aloit* plaan plaani plaanist
    ettepanek* rahu* rahuplaan* leping* kava dokument*
hu: terv terve tervet tervben tervének terveze* tervezet* javaslat* dokumentum* megállapod* béke* békete*
    egyezmény* kezdeményez* ellenjavaslat*
el: σχέδιο σχεδίου σχέδια πρόταση πρότασης προτάσεις έγγραφο εγγράφου συμφωνία συμφωνίας κείμενο ειρηνευτικ*
    ειρήνη ειρήνης πρωτοβουλία προσχέδιο
he: תוכנית תכנית התוכנית הצעה הצעת הסכם מסמך שלום טיוטה טיוטת מתווה יוזמה יוזמת
hr sr bs sl: plan plana planu planom prijedlog* predlog* dokument* sporazum* nacrt* okvir* mir mira mirovn*
    inicijativ* načrt načrta načrtu osnutek osnutk* pobud* verzij* tekst*
lt lv: planas plano planą plane plāns plāna plānu plānā pasiūlym* dokument* susitarim* taik* taikos projekt*
    priekšlik* vienoš* miera iniciatīv* iniciatyv*
ka: გეგმ* სამშვიდობო შეთანხმებ* წინადადებ* დოკუმენტ*
vi id sq: kế hoạch đề xuất rencana proposal kesepakatan perdamaian plani planin propozim* marrëveshje*
"""

_UKRAINE: Final = """
*: ukrain* україн* украин* украін* ucrain* ucrân* ucran* oekraïn* ukrajn* ukrayn* ukrajin* ucraïn* ουκραν*
    უკრაინ* ուկրաին* kyiv* kiev* kiew* kijow* kijów* kijev* kyjev* kiova* kijiv* київ* києв* киев* киеў* кієв*
    კიევ* κίεβ* zelensk* selensk* zełensk* zelenszk* zeļensk* zelenski* зеленськ* зеленск* зяленск* zelenskij*
    zelens* ზელენსკ* ζελένσκ* putin* poutine* poetin* путин* путін* пуцін* πούτιν* პუტინ* kremlin* kreml* кремл*
    крамл* kremla* κρεμλίν* კრემლ* russi* russland* rosj* росі* росси* расі* rusk* rusia* rusland* rus rusya*
    rusija* rusij* руси* ruso* ruske* ryssl* rysk* venäj* venemaa* oroszorsz* orosz* ρωσί* ρωσικ* რუსეთ*
    krievij* moscow* moscou* moskau* mosk* москв* mosca moscú moscova moszkv* μόσχα* μόσχας donbas* донбас*
    crimea* krim* krym* крим* крым* крым witkoff* віткофф* уиткофф* виткофф* ukraiņ* nga rúss*
ar: أوكراني* اوكراني* أوكرانية كييف زيلينسكي* روسيا روسي* موسكو بوتين الكرملين كرملين ويتكوف القرم
fa: اوکراین روسیه زلنسکی پوتین مسکو
he: אוקראינ* אוקראינה קייב זלנסקי רוסיה רוסי* פוטין מוסקבה קרמלין
"""

# Plans for other wars. Cyrillic Gaza needs its capital letter: "газа" in small letters is gas.
_ELSEWHERE: Final = """
*: gaza gazas gazan* gazą gazy gazie gazze* gáza gázai gazastreif* gazastrook gazastrip* gazaremsan gazastriben
    gazos γάζα* γάζας ღაზა* hamas* хамас* χαμάς חמאס ჰამას* israel* izrael* ізраїл* израил* israil* ισραήλ*
    ისრაელ* palestin* палестин* палестын* filistin* netanyahu* netanjahu* нетаньяху нетаніягу netanyahou sudan*
    судан* congo* конго kongo* rwanda* руанд* taiwan* тайван* kashmir* yemen* ємен* йемен* jemen* venezuel*
    венесуел* венесуэл* syria* syrie* syrien* сирі* сири* iran* іран* иран* tehran* тегеран* teheran* armenia*
    azerbai* karabakh* вірмен* армени* азербайджан* ethiopi* myanmar* haiti*
*/capital: газа гази газі газу газою газе газы газой
ar: غزة حماس إسرائيل* اسرائيل* فلسطين* نتنياهو السودان إيران
he: עזה רצועת ישראל פלסטינ* נתניהו איראן
"""

_GAME: Final = """
en: scored scoring scorer* score scores season league game games match matches assists rebounds nba nfl nhl
    standings goals goal basket* playoff* coach quarter halftime championship* tournament* player* team teams
    winger striker shot shots win wins defeat* victory lead leads margin index shares stocks dow nasdaq ftse
    yields polls poll cavaliers lakers celtics pistons percentage rating ratings swing gdp loyalty
uk ru be bg mk: матч* ліг* лиг* чемпіонат* чемпионат* сезон* турнір* турнир* команд* очк* гол голів голов
    тренер* індекс* индекс* бірж* бирж* акці* акци* фондов* кубок кубк* плей отрыв* відрив* rts ртс мосбирж*
de: bundesliga* liga tabelle* spiel* saison* mannschaft* trainer* tor tore sieg* niederlage* vorsprung index*
    dax aktien* börse* leitindex spieltag* rückstand verein*
fr: match* championnat* classement* saison* équipe* ligue joueur* but buts victoire* entraîneur* indice* bourse
    cac permis sondage* avance
pl: mecz* lig* tabel* sezon* drużyn* punktacj* trener* gol* bramk* zwycięstw* indeks* giełd* wig20 karn*
    przewag*
es ca pt: partido* liga jornada* temporada* equipo* clasificación goles gol entrenador* victoria* índice* bolsa
    ibex jogo* campeonato* equipa* equipe* classificação época gols golos treinador* vitória* ventaja
it: partita partite classifica campionato stagione squadra squadre gol allenatore vittoria serie indice borsa
    ftse spread vantaggio patente
ro: meci* clasament* sezon* echip* gol goluri antrenor* victori* indice* bursa liga etap*
cs sk hr sr bs sl: zápas* lig* tabulk* sezon* sezón* tým* gól* gol* trenér* trener* výhr* utakmic* prvenstv*
    momčad* ljestvic* index* burz* tekm* lestvic* utakmi*
tr: maç* lig* sezon* takım* gol* teknik galibiyet* endeks* borsa* puan*
ar fa: مباراة الدوري هدف فريق الموسم مؤشر البورصة سهم مئوية أساس ترتيب
nl sv da no fi hu et: wedstrijd* eredivisie seizoen* ploeg* doelpunt* match* säsong* sæson* sesong* lag laget
    mål tabell* tabel* kamp ottelu* sarja* kausi* maali* mérkőzés* bajnokság* csapat* gól* liiga*
el: αγώνα* πρωτάθλημα* βαθμ* ομάδα*
he: משחק ליגה ליגת קבוצה קבוצת כדורסל מדד
"""

# With one of these right before or after the word for points, it is another kind of point.
_NOT_POINT_BEFORE: Final = """
en: talking bullet sticking pressure power starting turning focal pain reference entry exit check percentage
    basis low high vantage choke border distribution aid access meeting collection selling data price match set
    crossing decimal key main
uk be: населен* насел* контрольн* прикордонн* опорн* спостережн* вогнев* командн* медичн* мобільн* відсотков*
    процентн* базисн* блок стабілізаційн* приймальн* передов*
ru: населен* контрольн* пограничн* опорн* наблюдательн* огнев* командн* медицинск* процентн* базисн* приемн*
    сборн* призывн* контрольно
de: prozent basis streit kritik wunde kontroll
pl: procentow* bazow* kontroln* graniczn* medyczn* zborn*
fr es it pt ro ca: deux dos due
bg mk sr hr: процентн* базисн* контролн* гранични* postotn* baznih постотн*
tr: yüzde
"""

_NOT_POINT_AFTER: Final = """
en: lead leads margin swing deficit drop rise fall gain loss win victory scale deer star stars guard spread
    clear ahead behind underdog favorite favourite inspection turn game night advantage higher lower shot shots
    clip buck system scoring blowout run per
uk ru be: пропуск* пропуску незламн* несокруш* обігрів* обогрев* дислокац* базуван* базирован* видач* выдач*
    прийом* прием* евакуац* эвакуац* тимчасов* временн* постійн* управлін* управлен* спостереж* наблюден* збору
    сбора призначен* назначен* харчуван* питан* вакцинац* продаж* обмін* обмен* обслугов* техогляд* перетин*
de: vorsprung rückstand vor hinter abzug
fr: pourcentage base passage contrôle chute ventes vente permis davance
es ca: porcentuales básicos básico control venta partida clave fuertes
pt: percentuais base controle controlo venda fortes
it: percentuali base vendita controllo patente
ro: procentuale bază control trecere vamale lucru
pl: procentow* bazow* kontroln* sprzedaży graniczn* karnych odbioru medyczn* zborn*
cs sk hr sr bs sl bg mk: procentn* postotn* percent* trestn* процентн* odstotn*
ar fa: مئوية أساس تفتيش عبور مئويه
nl sv da no: voorsprong achterstand procent före efter foran
"""

_CUT: Final = """
en: cut cuts cutting reduce* reducing shorten* trim* shrunk shrank shrink* whittl* pared narrow* slash* condens*
    slimmed dropped drop brought boiled streamlin* revis* down went expanded grew grown from
uk: скороти* скороче* скорочу* зменши* зменше* звузи* звуже* урізал* урізан* обрізал* зменшил*
ru: сократи* сокраще* сокраща* уменьши* уменьше* сузил* урезал* урезан* сжал* сжат*
de: gekürzt* kürz* reduzier* geschrumpft* schrumpf* zusammengestrichen* verkürz* eingedampft* gestrichen*
fr: réduit* réduire ramené* raccourci* passé passe passer passée passant
pl: skróco* skróci* zmniejsz* okrojon* zreduk* ograniczon* ogranicz*
es ca: reduj* reduc* recort* acort* pasó pasado pasa redujo rebaj* rebaix* reduï*
it: ridott* ridur* accorciat* taglia* sces* passat*
pt: reduz* encurt* cortad* cortou passou enxug*
ro: redus* scurt* diminu* tăiat*
cs sk: zkrác* skrác* zredukov* snížen* zúž* zmenš* skrát* zníž* osekán*
tr: indiril* düşürül* düştü azaltıl* kısaltıl* indi indirdi
ar: تقليص قلصت خفض تخفيض اختصار خفضت تقليصها تقليصه قلص اختصرت
bg mk sr hr bs sl: съкрат* съкра* намал* smanj* skrać* skrat* skrajš* zmanjš* смањ* скраћ*
nl: teruggebracht* ingekort* verminder* gereduceer* geschrapt*
sv da no: kortats* minska* skurits bantats* reduce* skåret forkort* beskåret kuttet kortet redusert*
fi et hu: supist* vähen* lyhen* kärpi* vähend* kärbi* csökken* rövid* szűk*
el: μειώθηκ* μείωσ* περικόπ* συρρικν* περιορίσ*
he: צומצמה צומצם קוצרה קוצצה הופחת הופחתו צומצמו
lt lv: sumaž* sutrump* samazin* saīsin*
"""

_REMAIN: Final = """
en: remain remains remained remaining left leaving leaves
uk: залиш* лиш* лишилося
ru: остал* остает* остают* остав* осталось
de: blieb* bleib* übrig* verblieb* verbleib*
fr: reste restent restait restaient resté restés
pl: zostal* został* zostaj* pozostał* pozostaj* pozosta*
es ca: queda* quedó quedaron quedan restan permane*
it: restano resta rimasti rimangono rimast* rimaner* restati
pt: resta* sobra* ficaram ficou permane*
ro: rămas* rămân* rămăs*
cs sk: zbyl* zůst* zostal* zostáv* zbýv*
tr: kaldı kalan kalıyor kaldi
ar: بقي بقيت تبقى يبقى المتبقية بقى
bg mk sr hr bs sl: остана* остав* остал* preosta* ostal* ostaj* ostan* преоста*
nl: over overgebleven resteren blijven bleven
sv da no: återstår kvar tilbage igjen gjenstår resterer återstod
fi et hu: jäljellä jäi jäänyt järele jäänud maradt* marad
el: έμειναν απέμειναν μένουν απομένουν παραμένουν
he: נותרו נשארו נותר
lt lv: liko lieka palika atlika paliek
"""

# What leads to the new number: "cut to 19", "auf 19 gekürzt".
_TOWARDS: Final = """
en: to only just
uk ru be bg mk: до на у в
de: auf zu nur noch
fr: à a
pl cs sk sr hr bs sl: do na
es: a hasta
ca it: a
pt: para a
ro: la
ar: إلى الى
nl: naar tot
sv da no: till til
el: σε στα στις
he: ל
lt lv: iki līdz uz
"""

_INSTEAD: Final = """
en: instead rather originally original previously initially earlier down up versus not
uk: замість початкових спочатку раніше первісних проти
ru: вместо первоначальных изначально ранее изначальных против
de: statt anstatt anstelle ursprünglich* zuvor bisher zunächst
fr: lieu initialement initiaux contre auparavant plutôt
pl: zamiast początkowo pierwotnie pierwotnych wcześniej
es ca: vez lugar originales inicialmente originalmente iniciales comptes
it: invece anziché originari inizialmente iniziali
pt: vez originais inicialmente iniciais
ro: loc inițial inițiale
cs sk: místo namísto původně původních namiesto pôvodne pôvodných
nl sv da no: plaats oorspronkelijk* istället stället ursprungligen ursprungliga oprindelig* opprinnelig* stedet
bg sr hr bs sl: вместо първоначално umjesto umesto prvotno prvobitno namesto уместо првобитно
hu fi: helyett eredeti eredetileg alun alkuperäisistä
ar: بدلا بدل أصلا
"""

# "19 of the 28 points": the first number is a share of the second.
_PARTITIVE: Final = """
en: of from
uk: з із зі
ru: из
de: von der aus den
fr es pt ro ca: de des los las les dos das din cele sur
it: di dei su delle
pl cs sk sr hr bs sl: z ze od spośród iz
bg mk: от од
nl sv da no: van av af
ar: من
el: από
"""

# Little words after which no other noun of the number follows: "залишилося 19 після", "cut to 19 in Geneva".
_FUNCTION: Final = """
en: in after at by since following as and but when while during on with before over under from said says
    according thanks remain remained remains were are have had of now which that
uk: після у в на за але а і й та через під якщо з із як коли що повідом* пише
ru: после в во на за но а и через по из как когда что под сообща* пишет
de: nach in bei am und aber wie durch als seit im vor mit gekürzt* reduziert* zusammengestrichen* geschrumpft*
fr: après à en au dans et mais selon par lors depuis
pl: po w na i ale przez podczas według z jak
es ca: tras después en y pero por según durante con
it: dopo a in e ma da secondo durante con nei
pt: após depois em e mas por segundo durante no na
ro: după în la și dar prin potrivit
cs sk: po v na a ale při podle počas podľa ve
sr hr bs sl bg mk: nakon posle u i a po v в на след и но после у
nl sv da no: na in en maar tijdens efter i och men etter og ved under
ar: بعد في خلال وفق
"""

_AND: Final = """
*: and or und oder і й и та або или et ou y o e i oraz lub ali nebo a alebo en of och eller og και ή ו או ve
    veya și sau és vagy ja tai ir un to до auf bis do à la hasta para till naar إلى الى
"""

# --- quantities --------------------------------------------------------------------------------------------------

_UNIT: Final = """
en/troops: troops soldiers servicemen servicemembers personnel military fighters strong army peacekeepers
    servicepeople combatants
uk/troops: військов* солдат* бійц* військ війська війську армія армію армії
ru/troops: военн* солдат* бойц* военнослужащ* войск* армия армию армии штыков
de/troops: soldaten soldatinnen mann truppen soldat armee streitkräfte einsatzkräfte
fr/troops: soldats militaires hommes troupes effectifs soldat
pl/troops: żołnierz* wojskow* armia armii armię
es ca/troops: soldados militares efectivos tropas uniformados soldats efectius
it/troops: soldati militari uomini effettivi truppe
pt/troops: soldados militares efetivos tropas efectivos
ro/troops: soldați militari trupe soldaţi
cs sk/troops: voják* vojak* vojáků
tr/troops: asker* askeri personel
ar/troops: جندي جنديا جنود عسكري عسكريا مقاتل فرد
nl sv da no/troops: soldaten militairen manschappen soldater soldat soldaterna troepen soldatar
bg mk sr hr bs sl/troops: войници vojnik* војник* войник* военнослужещи vojakov
fi hu el he lt lv/troops: sotila* katona* katonát στρατιώτ* στρατιωτ* חיילים karių karavīr*
en/people: people persons men
uk ru be/people: осіб людей человек чоловік чалавек
de nl/people: menschen personen mensen
fr es it pt ro/people: personnes personas persone pessoas oameni persoane
pl cs sk/people: ludzi osób lidí osob ľudí
tr ar/people: kişi kişilik شخص
*/usd: usd dollar* dólar* dolar* доллар* долар* dollari dolár* δολάρι* δολαρίων دولار دولارا דולר* dollár* bucks
    доллар дол долл
*/eur: eur euro euros євро евро ευρώ يورو אירו euró* eura eurů eurách euroa eurų eiro евра avro
*/rub: rouble* ruble rubles rublos rubli rubel рублів рублей руб рублі
*/uah: hryvnia* hryvnya* гривень гривні гривен гривны гривна грн hrywien griwna hryven grivnas
en/gbp: pounds sterling
*/percent: percent процент* відсотк* prozent pourcent procent procenta procent* prosent prosenttia percent*
    százalék* procentów procenti τοις
en/years: year years
uk be/years: рок* років рік річн* год гадоў
ru/years: лет год года годов летн* годичн*
de/years: jahre jahren jährig* jahr
fr/years: ans années
pl/years: lat lata letni* roku
es ca/years: años año anys
it/years: anni anno
pt/years: anos ano
ro/years: ani an
cs sk hr sr bs sl/years: let roky rokov godina godine година
tr/years: yıl yıllık yıla yıllığına
ar fa/years: سنة سنوات عام عاما أعوام سال ساله
bg mk/years: години година
nl sv da no/years: jaar år årig*
fi hu el he et lt lv/years: vuotta vuoden év éves évre χρόνια ετών שנים שנה aastat metų gadu gadiem
*/km2: km² км² km2 км2
en/prisoners: prisoners pows captives detainees pow
uk/prisoners: полонен* військовополонен* в'язн* бранців
ru be/prisoners: пленн* военнопленн* заключенн* узник*
de/prisoners: gefangene* kriegsgefangene* häftling*
fr/prisoners: prisonnier* détenus
pl/prisoners: jeńc* więźni* jeniec
es ca/prisoners: prisionero* presos presoners
it pt ro/prisoners: prigionier* prisioneir* prizonier* detenuti
cs sk/prisoners: zajatc* vězň* zajatců
tr ar/prisoners: esir* mahkum* tutuklu أسير أسيرا أسرى سجين سجينا
nl sv da no bg hr sr/prisoners: gevangenen krijgsgevangenen fångar krigsfångar fanger krigsfanger военнопленници
    zarobljenik* заробљеник* пленници
en/children: children child kids minors
uk/children: дітей діти дитин* дітям
ru be/children: детей дети ребен* детям дзяцей
de/children: kinder kindern kind
fr/children: enfants enfant mineurs
pl cs sk/children: dzieci dziecka dětí děti deti detí
es ca it pt ro/children: niños menores niñas bambini minori crianças copii nens
tr ar/children: çocuk* طفل طفلا أطفال
nl sv da no bg hr sr/children: kinderen barn деца djece dece деце
en/countries: countries nations states
uk ru be/countries: країн* стран* держав* краін*
de/countries: länder* staaten
fr es it pt ro ca/countries: pays países paesi țări estados stati états països
pl cs sk/countries: krajów kraje państw zemí krajín
tr ar/countries: ülke* دولة دول بلدا
nl sv da no bg hr sr/countries: landen länder lande land zemalja државе държави страни
*/square: square sq квадратн* кв quadrat* carré* kwadratow* cuadrad* pătraț* čtverečn* metrekare kare
*/km: kilomet* kilómet* quilómet* quilômet* chilomet* кілометр* километр* km км kilomètre*
"""

_MULTIPLIER: Final = """
de/100000: hunderttausend einhunderttausend
de/200000: zweihunderttausend
de/300000: dreihunderttausend
de/400000: vierhunderttausend
de/500000: fünfhunderttausend
de/600000: sechshunderttausend
de/700000: siebenhunderttausend
de/800000: achthunderttausend
de/900000: neunhunderttausend
it/100000: centomila
it/600000: seicentomila
it/800000: ottocentomila
nl/600000: zeshonderdduizend
nl/800000: achthonderdduizend
*/1000: thousand thousands тис тисяч* тысяч* тыс тисячн* tausend tsd mille tys tysiąc* tysięc* tisíc* bin mila
    mii mie k хиляди хиляда hiljada hiljade hiljadu tisuć* tisuc* tisoč* duizend tusen tusind ألف ألفا آلاف ezer
    χιλιάδες χιλιάδων χιλ אלף אלפים tūkst* tūkstoš* tuhat tuhatta mil тысячн* tusend
*/1000000: million millions mln млн мільйон* миллион* millionen milion* millón millones milhão milhões milioni
    milione milioane milyon mio miljoen miljoner millioner мілн милион* милиона милиони مليون مليونا ملايين
    milijun* milijon* miljoonaa millió εκατομμύρια εκατομμυρίων εκατ מיליון miljonus milijonų mn
*/1000000000: billion billions bn мільярд* миллиард* млрд milliard* miliard* milliarde* mrd md mld miliardi
    miliarde milyar bilhão bilhões миллиард милиард* милијард* milijard* مليار مليارا مليارات miljard* miljarder
    δισ δισεκατομμύρια δισεκατομμυρίων מיליארד milijardų miljardu
*/1000000000000: trillion trillions tn трлн трильйон* триллион* billionen billones billón trilhão trilhões
    trilioni biliony bilionów تريليون
"""

_HUNDRED: Final = """
uk/100: сто ста
uk/200: двісті двохсот
uk/300: триста трьохсот
uk/400: чотириста
uk/500: п'ятсот
uk/600: шістсот шестисот
uk/700: сімсот
uk/800: вісімсот восьмисот
uk/900: дев'ятсот
ru/100: сто ста
ru/200: двести двухсот
ru/300: триста трехсот
ru/400: четыреста
ru/500: пятьсот
ru/600: шестьсот шестисот
ru/700: семьсот
ru/800: восемьсот восьмисот
ru/900: девятьсот
pl/100: sto stu
pl/200: dwieście dwustu
pl/300: trzysta trzystu
pl/400: czterysta
pl/500: pięćset pięciuset
pl/600: sześćset sześciuset
pl/700: siedemset
pl/800: osiemset ośmiuset
pl/900: dziewięćset
es/100: cien ciento
es/200: doscientos
es/300: trescientos
es/500: quinientos
es/600: seiscientos seiscientas
es/700: setecientos
es/800: ochocientos ochocientas
pt/100: cem cento
pt/200: duzentos
pt/600: seiscentos
pt/800: oitocentos
it/100: cento
it/200: duecento
it/600: seicento
it/800: ottocento
cs sk/100: sto
cs sk/600: šestset šesťsto
cs sk/800: osmset osemsto
tr/600: altıyüz
tr/800: sekizyüz
ar/600: ستمئة ستمائة
ar/800: ثمانمئة ثمانمائة
*/times: hundred cent cents yüz hundert
"""

_CIVILIAN: Final = """
*: refugee* displaced fled residents homes civilian* killed dead deaths died wounded injured protest* evacuat*
    electricity power voters population біженц* переселен* загинул* загибл* поранен* мешканц* жител* населен*
    беженц* погиб* ранен* убит* flüchtling* einwohner* tote* verletzt* réfugié* habitants morts uchodźc*
    mieszkańc* zginęł* rannych refugiad* muertos habitantes rifugiat* morti feriti abitanti uprchlík* mülteci*
    ölü
"""

_AGE: Final = """
*: old ago назад тому alt âgé вік vieux prison jail тюрми тюрьмы gefängnis sentence раніше war
"""

# --- dates -------------------------------------------------------------------------------------------------------

# From January on, and from Monday on, parted by bars.
_MONTHS: Final = """
en: january jan | february feb | march mar | april apr | may | june jun | july jul | august aug | september sept
    sep | october oct | november nov | december dec
uk: січня січень січні | лютого лютий | березня березень березні | квітня квітень | травня травень | червня
    червень | липня липень | серпня серпень | вересня вересень | жовтня жовтень | листопада листопад листопаді |
    грудня грудень грудні
ru: января январь янв | февраля февраль фев | марта март | апреля апрель апр | мая май | июня июнь | июля июль |
    августа август авг | сентября сентябрь сент | октября октябрь окт | ноября ноябрь ноя | декабря декабрь дек
be: студзеня | лютага | сакавіка | красавіка | мая | чэрвеня | ліпеня | жніўня | верасня | кастрычніка |
    лістапада | снежня
bg: януари | февруари | март | април | май | юни | юли | август | септември | октомври | ноември | декември
sr: januar januara јануар јануара | februar februara фебруар фебруара | mart marta март марта | april aprila
    април априла | maj maja мај маја | jun juna јун јуна | jul jula јул јула | avgust avgusta август августа |
    septembar septembra септембар септембра | oktobar oktobra октобар октобра | novembar novembra новембар
    новембра | decembar decembra децембар децембра
hr: siječnja | veljače | ožujka | travnja | svibnja | lipnja | srpnja | kolovoza | rujna | listopada | studenog
    studenoga | prosinca
sl: januarja januar | februarja | marca | aprila | maja | junija | julija | avgusta | septembra | oktobra |
    novembra | decembra
de: januar jänner jan | februar feb | märz mrz | april apr | mai | juni | juli | august aug | september sept |
    oktober okt | november nov | dezember dez
nl: januari | februari | maart | april | mei | juni | juli | augustus | september | oktober | november |
    december
sv: januari | februari | mars | april | maj | juni | juli | augusti | september | oktober | november | december
da: januar | februar | marts | april | maj | juni | juli | august | september | oktober | november | december
no: januar | februar | mars | april | mai | juni | juli | august | september | oktober | november | desember
fr: janvier janv | février févr | mars | avril | mai | juin | juillet juil | août | septembre sept | octobre oct
    | novembre nov | décembre déc
pl: stycznia styczeń | lutego luty | marca marzec | kwietnia kwiecień | maja maj | czerwca czerwiec | lipca
    lipiec | sierpnia sierpień | września wrzesień | października październik | listopada listopad | grudnia
    grudzień
cs: ledna leden | února únor | března březen | dubna duben | května květen | června červen | července červenec |
    srpna srpen | září | října říjen | listopadu listopad | prosince prosinec
sk: januára | februára | marca | apríla | mája | júna | júla | augusta | septembra | októbra | novembra |
    decembra
es: enero | febrero | marzo | abril | mayo | junio | julio | agosto | septiembre setiembre | octubre | noviembre
    | diciembre
ca: gener | febrer | març | abril | maig | juny | juliol | agost | setembre | octubre | novembre | desembre
pt: janeiro | fevereiro | março | abril | maio | junho | julho | agosto | setembro | outubro | novembro |
    dezembro
it: gennaio | febbraio | marzo | aprile | maggio | giugno | luglio | agosto | settembre | ottobre | novembre |
    dicembre
ro: ianuarie | februarie | martie | aprilie | mai | iunie | iulie | august | septembrie | octombrie | noiembrie
    | decembrie
tr: ocak ocakta | şubat | mart martta | nisan | mayıs | haziran | temmuz | ağustos | eylül | ekim | kasım kasıma
    kasımda | aralık
el: ιανουαρίου | φεβρουαρίου | μαρτίου | απριλίου | μαΐου | ιουνίου | ιουλίου | αυγούστου | σεπτεμβρίου |
    οκτωβρίου | νοεμβρίου | δεκεμβρίου
hu: január januárig | február | március | április | május | június | július | augusztus | szeptember | október |
    november | december
fi: tammikuuta tammikuun | helmikuuta | maaliskuuta | huhtikuuta | toukokuuta | kesäkuuta | heinäkuuta |
    elokuuta | syyskuuta | lokakuuta | marraskuuta marraskuun | joulukuuta joulukuun
et: jaanuari | veebruari | märtsi | aprilli | mai | juuni | juuli | augusti | septembri | oktoobri | novembri |
    detsembri
lt: sausio | vasario | kovo | balandžio | gegužės | birželio | liepos | rugpjūčio | rugsėjo | spalio | lapkričio
    | gruodžio
lv: janvāra janvārī | februāra | marta | aprīļa | maija | jūnija | jūlija | augusta | septembra | oktobra |
    novembra novembrim | decembra
ar: يناير | فبراير | مارس | أبريل إبريل | مايو | يونيو | يوليو | أغسطس | سبتمبر | أكتوبر | نوفمبر | ديسمبر
he: ינואר | פברואר | מרץ | אפריל | מאי | יוני | יולי | אוגוסט | ספטמבר | אוקטובר | נובמבר | דצמבר
ka: იანვარ* | თებერვ* | მარტ* | აპრილ* | მაის* | ივნის* | ივლის* | აგვისტ* | სექტემბ* | ოქტომბ* | ნოემბერ*
    ნოემბრ* | დეკემბ*
"""

_WEEKDAYS: Final = """
en: monday | tuesday | wednesday | thursday | friday | saturday | sunday
uk: понеділка понеділок | вівторка вівторок | середи середу | четверга четвер | п'ятниці п'ятницю ятниці ятницю
    | суботи суботу | неділі неділю
ru: понедельника понедельник понедельнику | вторника вторник вторнику | среды среду среде | четверга четверг
    четвергу | пятницы пятницу пятнице | субботы субботу субботе | воскресенья воскресенье воскресенью
de: montag | dienstag | mittwoch | donnerstag | freitag | samstag sonnabend | sonntag
fr: lundi | mardi | mercredi | jeudi | vendredi | samedi | dimanche
pl: poniedziałku poniedziałek poniedziałkiem | wtorku wtorek wtorkiem | środy środę środą | czwartku czwartek
    czwartkiem | piątku piątek piątkiem | soboty sobotę sobotą | niedzieli niedzielę niedzielą
es: lunes | martes | miércoles | jueves | viernes | sábado | domingo
it: lunedì | martedì | mercoledì | giovedì | venerdì | sabato | domenica
pt: segunda | terça | quarta | quinta | sexta | sábado | domingo
ro: luni | marți marţi | miercuri | joi | vineri | sâmbătă | duminică
cs: pondělí pondělka | úterý úterka | středy středu | čtvrtka čtvrtek | pátku pátek | soboty sobotu | neděle
    neděli
sk: pondelka pondelok | utorka utorok | stredy stredu | štvrtka štvrtok | piatka piatok | soboty sobotu | nedele
    nedeľu
tr: pazartesi pazartesiye | salı salıya | çarşamba çarşambaya | perşembe perşembeye | cuma cumaya | cumartesi
    cumartesiye | pazara
nl: maandag | dinsdag | woensdag | donderdag | vrijdag | zaterdag | zondag
sv: måndag | tisdag | onsdag | torsdag | fredag | lördag | söndag
da: mandag | tirsdag | onsdag | torsdag | fredag | lørdag | søndag
ar: الاثنين الإثنين | الثلاثاء | الأربعاء | الخميس | الجمعة | السبت | الأحد
"""

_HOLIDAY: Final = """
*/thanksgiving: thanksgiving подяки благодарения dziękczynienia díkůvzdání ringraziamento
*/christmas: christmas weihnachten noël navidad natale natal crăciun vánoc kerst jul julen
"""

_BY: Final = """
en: by until till before deadline
uk: до перед
ru: до к ко перед
be: да
bg mk sr hr bs: до преди do prije pre
de: bis vor spätestens
fr: avant ici jusqu
pl: do przed
cs sk sl: do před pred
es ca: hasta antes fins abans
it: entro fino prima
pt: até antes
ro: până înainte pînă
nl: voor tot uiterlijk
sv da no: senast före till inden før innen senest
el: έως μέχρι πριν
lt lv et: iki līdz kuni enne
ar: قبل بحلول حتى
he: עד לפני
tr/after: kadar önce önceye
fi hu/after: mennessä asti ig előtt
et/after: ks
"""

_DEADLINE: Final = """
*: deadline* дедлайн* ultimatum* ультиматум* frist fristen échéance* echéance* termin terminu строк* срок*
    термін* крайн* stichtag* plazo* scadenza* prazo* termen termenul* lhůt* lehot* süre sürenin المهلة مهلة
    deadlines rok roka rokem határid* προθεσμία* προθεσμίας määräaika* крайният
"""

_PAST: Final = """
*: last past previous on минул* прошл* letzten vergangenen dernier passé zeszł* ubiegł* pasado scorso passada
    trecut minul* geçen الماضي senaste forrige från since from від с з seit depuis od desde dal
"""

# --- stances -----------------------------------------------------------------------------------------------------

_STANCE: Final = """
en/confirm: confirm confirms confirmed confirming
en/deny: deny denies denied denying refute refutes refuted disputed disputes dispute rebuffed dismissed
    dismisses
en/reject: reject rejects rejected rejecting rebuffs refused refuses rebuff spurned spurns
en/propose: propose proposes proposed proposing suggested suggests offered offers
en/agree: agree agrees agreed agreeing accepts accepted accept approved approves endorsed endorses
en/demand: demand demands demanded demanding insists insisted insist urged urges
en/threaten: threaten threatens threatened threatening warns warned
uk/confirm: підтверди* підтверджує підтверджують
uk/deny: спросту* заперечи* заперечує заперечують
uk/reject: відкину* відхили* відкидає відкидають відмови*
uk/propose: запропонува* пропонує пропонують
uk/agree: погоди* погоджується погоджуються схвали* прийняв прийняла
uk/demand: вимага* вимагає зажада* наполяга*
uk/threaten: погрожу* пригрози* погрози*
ru/confirm: подтверди* подтвержда*
ru/deny: опроверг* отрица* опроверга*
ru/reject: отверг* отклони* отверга* отказал*
ru/propose: предложил* предлагает предлагают
ru/agree: согласил* соглашается одобри* принял приняла
ru/demand: требует требуют потребова* настаива*
ru/threaten: угрожа* пригрози* грозит
be bg mk/confirm: пацвердзі* потвърди* потвржда* потврди*
be bg mk/deny: абверг* отрече* отрича* опроверга* демант*
be bg mk/reject: адхілі* отхвърли* одби* отхвърля*
bg mk/propose: предложи предлага предложил
bg mk/demand: настоява иска поиска
de/confirm: bestätigt bestätigte bestätigten bestätigen
de/deny: dementiert dementierte dementierten bestreitet bestritt bestritten bestreiten dementieren leugnet
de/reject: weist wies zurückgewiesen lehnt lehnte abgelehnt lehnten lehnen ablehnen
de/propose: vorgeschlagen schlug schlägt schlugen
de/agree: zugestimmt stimmt stimmte stimmten akzeptiert akzeptierte billigte
de/demand: fordert forderte forderten gefordert verlangt verlangte fordern
de/threaten: droht drohte drohten gedroht
fr/confirm: confirme confirmé confirment confirmait confirmer
fr/deny: dément démenti démentent démentait nié nient démentir
fr/reject: rejette rejeté rejettent refuse refusé refusent rejeter
fr/propose: propose proposé proposent proposait
fr/agree: accepte accepté acceptent approuve approuvé
fr/demand: exige exigé exigent réclame réclamé exigeait
fr/threaten: menace menacé menacent menaçait
pl/confirm: potwierdził* potwierdza potwierdzają potwierdzi
pl/deny: zaprzeczył* zaprzecza zdementował* zaprzeczają dementuje
pl/reject: odrzucił* odrzuca odmówił* odrzucają
pl/propose: zaproponował* proponuje proponują
pl/agree: zgodził* zgadza zaakceptował* zatwierdził*
pl/demand: żąda zażądał* domaga wymaga domagał* żądają
pl/threaten: grozi zagroził* groził*
es ca/confirm: confirma confirmó confirmaron confirmado confirman confirmar
es ca/deny: niega negó desmintió desmiente negaron desmentido desmienten niegan
es ca/reject: rechaza rechazó rechazaron rechazan rechazado rebutja
es ca/propose: propone propuso propusieron proponen proposa
es ca/agree: acepta aceptó aceptaron acordó acordaron accepta
es ca/demand: exige exigió exigieron reclama exigen
es ca/threaten: amenaza amenazó amenazaron amenaça
it/confirm: conferma confermato confermano confermava confermò
it/deny: smentisce smentito nega negato smentiscono
it/reject: respinge respinto rifiuta rifiutato respingono
it/propose: propone proposto propongono
it/agree: accetta accettato accettano concordato
it/demand: chiede esige preteso pretende chiesto
it/threaten: minaccia minacciato minacciano
pt/confirm: confirma confirmou confirmaram confirmam
pt/deny: nega negou desmente desmentiu negaram
pt/reject: rejeita rejeitou rejeitaram recusa recusou
pt/propose: propõe propôs propuseram
pt/agree: aceita aceitou concorda concordou aprovou
pt/demand: exige exigiu exigem
pt/threaten: ameaça ameaçou ameaçam
ro/confirm: confirmă confirmat
ro/deny: neagă negat dezminte dezmințit infirmă
ro/reject: respinge respins refuză refuzat
ro/propose: propune propus
ro/agree: acceptă acceptat
ro/demand: cere cerut solicită
ro/threaten: amenință amenințat
cs sk/confirm: potvrdil* potvrzuje potvrdzuje
cs sk/deny: popřel* popírá poprel* popiera
cs sk/reject: odmítl* odmítá odmietol odmietla odmieta
cs sk/propose: navrhl* navrhuje navrhol navrhla
cs sk/agree: souhlasil* súhlasil* souhlasí súhlasí
cs sk/demand: požaduje žádá požadoval* požadoval
cs sk/threaten: hrozí pohrozil* hrozil
tr/confirm: doğruladı doğruluyor
tr/deny: yalanladı yalanlıyor
tr/reject: reddetti reddediyor
tr/propose: önerdi öneriyor
tr/agree: onayladı
tr/demand: talep istedi
tr/threaten: tehdit
ar/confirm: أكد أكدت يؤكد تؤكد
ar/deny: نفى نفت ينفي تنفي
ar/reject: رفض رفضت يرفض ترفض
ar/propose: اقترح اقترحت يقترح
ar/agree: وافق وافقت يوافق
ar/demand: طالب طالبت يطالب
ar/threaten: هدد هددت يهدد
nl/confirm: bevestigt bevestigde
nl/deny: ontkent ontkende
nl/reject: verwerpt verwierp weigert weigerde
nl/demand: eist eiste
sv da no/confirm: bekräftar bekräftade bekræfter bekræftede bekrefter bekreftet
sv da no/deny: förnekar förnekade dementerar dementerade afviser benægter benægtede avviser benekter benektet
sv da no/reject: avvisar avvisade afviste avviste
sv da no/demand: kräver krävde kræver krever krævede
hr sr bs sl/confirm: potvrdio potvrdila potvrđuje potrdil potrdila потврдио потврдила
hr sr bs sl/deny: opovrgnuo demantirao demantovao porekao negira zanikal zanika демантовао
hr sr bs sl/reject: odbacio odbacuje odbio zavrnil zavrača одбацио одбио
hu/confirm: megerősítette
hu/deny: cáfolta tagadta
hu/reject: elutasította
fi/confirm: vahvisti vahvistaa
fi/deny: kiisti kiistää
fi/reject: torjui torjuu
el/confirm: επιβεβαίωσε επιβεβαιώνει
el/deny: διέψευσε διαψεύδει αρνήθηκε
el/reject: απέρριψε απορρίπτει
he/confirm: אישר אישרה מאשר
he/deny: הכחיש הכחישה מכחיש
he/reject: דחה דחתה דוחה
lt lv et/confirm: patvirtino apstiprināja kinnitas
lt lv et/deny: paneigė noliedza eitas
lt lv et/reject: atmetė noraidīja lükkas
"""

_NEGATION: Final = """
en: not never n't didn doesn don hasn haven won wouldn refused refuses declined declines isn cannot without
    neither nor
uk ru be bg mk: не ні ни
de: nicht weder nie kein keine
fr: ne pas n jamais ni
pl: nie
es ca: no tampoco
it: non
pt: não
ro: nu n
tr: değil
ar: لم لا لن
nl sv da no: niet inte ikke ej
sr hr bs sl cs sk: nije ne ni није
hu fi he el: nem ei eivät לא δεν
"""

# A name after one of these is not the one who speaks.
_NOT_SPEAKER: Final = """
*: with of about for to against from at in on than regarding з із про до від для на у в с о об к от mit von über
    für an gegen bei avec de du des sur pour contre à dans z ze o od dla do na przeciw con sobre para contra en
    della del di su per da com cu despre pentru împotriva s se pro proti ile için عن مع إلى من في ضد met over
    voor tegen
"""

_AGENT: Final = """
*: by von par przez por da de către door av af
"""

_RELATIVE: Final = """
*: who whose which який яка які якого що который которая которые которого der die das welcher qui que który
    która którzy che care který která الذي التي som
"""


_TABLES: Final = (
    (Role.POINT, _POINT),
    (Role.PLAN, _PLAN),
    (Role.UKRAINE, _UKRAINE),
    (Role.ELSEWHERE, _ELSEWHERE),
    (Role.GAME, _GAME),
    (Role.NOT_POINT_BEFORE, _NOT_POINT_BEFORE),
    (Role.NOT_POINT_AFTER, _NOT_POINT_AFTER),
    (Role.CUT, _CUT),
    (Role.REMAIN, _REMAIN),
    (Role.TOWARDS, _TOWARDS),
    (Role.INSTEAD, _INSTEAD),
    (Role.PARTITIVE, _PARTITIVE),
    (Role.FUNCTION, _FUNCTION),
    (Role.AND, _AND),
    (Role.UNIT, _UNIT),
    (Role.CIVILIAN, _CIVILIAN),
    (Role.AGE, _AGE),
    (Role.HOLIDAY, _HOLIDAY),
    (Role.BY, _BY),
    (Role.DEADLINE, _DEADLINE),
    (Role.PAST, _PAST),
    (Role.STANCE, _STANCE),
    (Role.NEGATION, _NEGATION),
    (Role.NOT_SPEAKER, _NOT_SPEAKER),
    (Role.AGENT, _AGENT),
    (Role.RELATIVE, _RELATIVE),
)


def built_in() -> Iterator[Entry]:
    """All entries of the built-in tables."""
    for role, table in _TABLES:
        for languages, value, words in rows(table):
            yield role, languages, value, 0, words
    for role, table in ((Role.MONTH, _MONTHS), (Role.WEEKDAY, _WEEKDAYS)):
        for language, places in steps(table):
            for place, words in enumerate(places):
                yield role, language, "", place, words
    yield from _numbers()


def built_in_units() -> frozenset[str]:
    """The units that are known by a word."""
    return frozenset(unit for _, unit, _ in rows(_UNIT))


def _numbers() -> Iterator[Entry]:
    """Number words; of a form that a list gives for several values of one language the first counts."""
    seen: set[tuple[str, str]] = set()
    for language, form, value in number_words():
        if (language, form) not in seen:
            seen.add((language, form))
            yield Role.NUMBER, language, "", value, form
    for languages, factor, words in rows(_HUNDRED):
        times = factor == "times"
        yield Role.HUNDRED, languages, factor if times else "", 100 if times else int(factor), words
    for languages, factor, words in rows(_MULTIPLIER):
        yield Role.MULTIPLIER, languages, "", int(factor), words

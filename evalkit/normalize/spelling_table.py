"""British -> American spelling facts of the Whisper English normaliser, folded into stems and tails.

Source of the facts: the list that openai/whisper ships for its English normaliser (1,739 pairs).
``PRODUCTS`` reads: ``@british american`` names the letters that change; a row below it, ``stems | tails``, stands
for every stem with every tail: ``stem + british + tail -> stem + american + tail``. ``-`` is the empty string.
``SINGLES`` holds what fits no family, ``LITERALS`` the two entries of the source that are not plain words (one is
a stray HTML tag, one an unusable alternative); both are kept because scores depend on the list as published.
"""

from __future__ import annotations

PRODUCTS = """
@s z
accessori analy anglici antagoni apologi authori bapti bastardi bowdleri brutali canali | e ed es ing
cannibali canoni capitali carameli carboni cataly categori cauteri centrali characteri | e ed es ing
circulari civili collectivi commerciali compartmentali computeri conceptuali contextuali | e ed es ing
criminali critici customi demoni deodori depersonali deputi digiti economi editoriali empathi | e ed es ing
emphasi energi epitomi eulogi evangeli exorci factori fantasi femini galvani ghettoi glamori | e ed es ing
homogeni humani hybridi hypnoti hypothesi idoli immortali individuali industriali initiali | e ed es ing
intellectuali italici itemi jeopardi legitimi locali magneti memori memoriali mesmeri metaboli | e ed es ing
militari minimi moderni morali optimi ostraci overemphasi paraly particulari penali personali | e ed es ing
philosophi plagiari propagandi psychoanaly publici radicali randomi revitali revolutioni | e ed es ing
rhapsodi romantici saniti satiri scandali scrutini sensationali sensiti sentimentali sermoni | e ed es ing
signali sodomi solemni summari symboli tempori tenderi terrori theori traumati triviali | e ed es ing
tyranni vandali verbali | e ed es ing
acclimati crystalli decentrali decriminali dehumani demilitari demobili democrati | ation e ed es ing
demorali denationali desensiti destabili extempori familiari finali formali fossili | ation e ed es ing
fraterni globali harmoni hospitali ideali immuni institutionali internali internationali | ation e ed es ing
legali liberali lioni marginali materiali maximi mechani miniaturi mobili monopoli | ation e ed es ing
naturali neutrali normali oxidi passivi pasteuri pedestriani polari politici populari | ation e ed es ing
pressuri prioriti professionali pulveri regulari seculari sociali standardi stigmati | ation e ed es ing
synchroni systemati unioni urbani vapori victimi vulgari westerni | ation e ed es ing
dramati externali fictionali generali nationali privati rationali reorgani | ation ations e ed es ing
seriali speciali visuali vocali | ation ations e ed es ing
annuali motori rituali transistori unauthori uncivili underutili unorgani vulcani | ed
coloni equali fertili immobili ioni stabili subsidi | ation e ed er ers es ing
breathaly liquidi moisturi proselyti sympathi synthesi womani | e ed er ers es ing
agoni patroni tantali | e ed es ing ingly
amorti reali | able ation ations e ed es ing
recogni | able ably ance e ed es ing
utili | able ation e ed es ing
unrecogni | able ed
organi | ation ational ations e ed er ers es ing
sterili | ation ations e ed er ers es ing
disorgani | ation ed
aggrandi | ement
appeti | er ers ing ingly
co | ier ies iest ily iness y
@u -
ardo cando clango demeano disfavo fervo misbehavio ranco technicolo valo vigo | r
arbo misdemeano parlo rigo savio splendo tricolo tumo vapo watercolo | r rs
belabo clamo discolo endeavo harbo succo | r red ring rs
dishono hono | r rable rably red ring rs
enamo multicolo | red
catalog | ed ing
mo | ld lded lder ldered ldering lders ldier ldiest lding ldings lds ldy lt lted lting lts
remo | ld lded lding lds
smo | lder ldered ldering lders
ba | lk lked lking lks
favo | r rable rably red ring rite rites ritism rs
behavio | r ral rism rist rists rs
colo | r rant rants red reds rful rfully ring rize rized rizes rizing rless rs
armo | r red rer rers ries ry
labo | r red rer rers ring rs
savo | r red ries ring rs ry
flavo | r red ring rings rless rs rsome
humo | r red ring rless rs
rumo | r red rs
neighbo | r rhood rhoods ring rliness rly rs
odo | r rless rs
unfavo | rable rably
unsavo | ry
@l -
backpedal bedevil cancel carol cavil channel chisel cudgel dial disembowel drivel duel enamel | ed ing
funnel gambol grovel impanel imperil initial label marshal parcel pedal pencil quarrel ravel refuel | ed ing
remodel rival shovel shrivel signal snivel snorkel spiral squirrel stencil swivel towel trial | ed ing
tunnel unravel weasel yodel | ed ing
bejewel bevel dishevel gravel tassel unequal unrival untrammel | ed
level model revel travel | ed er ers ing
jewel | ed er ers
panel | ed ing ist ists
counsel | ed ing or ors
libel | ed ing ous
marvel | ed ing ous ously
wool | en ens ies y
cruel | er est
fil | et eted eting ets
chil | i
gruel | ing ingly
cal | iper ipers isthenics
tranquil | ity ize ized izer izers izes izing
council | or ors
@a -
leuk tox | emia
medi prim | eval
bougainvill | ea eas
f | ecal eces
gyn | ecological ecologist ecologists ecology
p | ederast ederasts ediatric ediatrician ediatricians ediatrics edophile edophiles edophilia
encyclop | edia edias edic
orthop | edic edics
h | ematological ematologist ematologists ematology emoglobin emophilia emophiliac emophiliacs emorrhage
h | emorrhaged emorrhages emorrhaging emorrhoids
an | emia emic esthesia esthetic esthetics esthetist esthetists esthetize esthetized esthetizes esthetizing
pal | eolithic eontologist eontologists eontology
arch | eologically eologist eologists
- | eon eons esthete esthetes esthetic esthetically esthetics etiology
chim | era eras
c | esarean esareans
pr | esidium esidiums
fl | utist utists
@re er
amphitheat calib centilit centimet epicent goit kilomet lit louv met micromet millilit millimet mit | - s
reconnoit sab scept sepulch spect | - s
lacklust lust meag saltpet somb | -
cent | - fold folds piece pieces s
fib | - glass s
theat | - goer goers s
accout | ments
@- l
appal distil enrol enthral instil | - s
instal | - ment ments s
fulfil | - ment s
crenel | ated
cancel | ation ations
@o -
diarrh gonorrh | ea
pharmacop | eia eias
ed | ema
hom | eopath eopathic eopaths eopathy
- | esophagus esophaguses estrogen
f | etal etid etus etuses
m | ustache ustached ustaches ustachioed
@me -
aerogram centigram gram kilogram milligram program | - s
@ue -
analog catalog dialog epilog monolog prolog | - s
@ugh f
dra | t tboard tboards tier tiest ts tsman tsmanship tsmen tswoman tswomen ty
@c s
offen preten | e es
licen | e ed es ing
defen | e eless es
@gao jai
- | l lbird lbirds lbreak lbreaks led ler lers ling ls
@c k
dis videodis | - s
s | eptic eptical eptically epticism eptics
@ugh w
snowplo | -
plo | - ed ing man men s share shares
@e -
ag bing glu | ing
phon stor | y
ax | -
lik | able
judg | ment
@y i
c | pher phers
s | phon phoned phoning phons
t | re res
@oeuv euve
man | rability rable red ring rings
outman | red ring
@e a
gr | y yed ying yish yness ys
@lis iz
tranquil | e ed er ers es ing
@ph f
sul | ate ates ide ides ur urous
@s -
gas minibus | es
bias | ed ing
bus | es ing
@- e
cent louv | red
battleax | -
reconnoit | red ring
@- u
ga | ge ged ges ging
glamo | r
@aesthetis esthetiz
an | e ed es ing
@oeuvre euver
man outman | - s
@que ck
che | - book books s
@s c
practi | e ed es ing
@te -
epaulet omelet | - s
@x ct
conne infle | ion ions
@- o
beho | ve ved ves
@h -
sheik | -
yog | urt urts
@p -
worship | ed er ing
"""

SINGLES = """
aeroplane=airplane aeroplanes=airplanes almanack=almanac almanacks=almanacs aluminium=aluminum
archeological=archaeological artefact=artifact artefacts=artifacts bannister=banister bannisters=banisters
bevvies=bevies bevvy=bevy chequered=checkered clarinettist=clarinetist clarinettists=clarinetists
gipsies=gypsies groyne=groin groynes=groins gryphon=griffin gryphons=griffins jewellery=jewelry mhm=hmm
misspelt=misspelled mmm=hmm philtre=filter philtres=filters pouffe=pouf pouffes=poufs pummelled=pummel
pummelling=pummeled pyjama=pajama pyjamas=pajamas pzazz=pizzazz snowploughs=snowplow storeys=stories
tonne=ton tonnes=tons tranquilly=tranquility travelog=travelogue travelogs=travelogues waggon=wagon
waggons=wagons yoghourt=yogurt yoghourts=yogurts
"""

LITERALS = {
    "archaeology": "archeology</span>",
    "flyer / flier": "flier / flyer",
}
